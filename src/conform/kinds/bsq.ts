import type { HostTensor, Shape } from '../../array/host.ts';
import { hostTensor, hostZeros, sizeOf } from '../../array/host.ts';
import type { Backend, Tensor } from '../../backend/backend.ts';
import { quantize } from '../../quantizer/bsq.ts';
import { codesOf } from '../../quantizer/codes.ts';
import { quantizerGradient } from '../../quantizer/losses-gradient.ts';
import { quantizerLosses } from '../../quantizer/losses.ts';
import type { QuantizerLossConfig } from '../../quantizer/losses.ts';
import type { Case, Kind } from '../case.ts';

/** Q1, Q2 and Q7 on one tensor, (B, d, …) or, where `channel_first` is false, tokens (B, L, d). */
export const bsq: Kind = {
  kind: 'bsq',
  steps: { '': 'Q1', codes: 'Q2', eval_aux_loss: 'Q7', train: 'Q7', train_bits: 'Q1' },
  async run(c, b, results) {
    const x = swapTokens(c, b, b.upload(c.input('x'))); // (B, d, …)
    const bits = await quantize(b, x); // (B, …, d)
    const codes = codesOf(b, bits); // (B, d, …)
    results.tensor('quantized', await b.read(swapTokens(c, b, codes)));
    results.tensor('bits', bits);
    results.tensor('codes_from_bits', await b.read(codes));
    results.tensor('eval_aux_loss', hostZeros([1])); // losses exist in training only

    const xTrain = swapTokens(c, b, b.upload(c.input('x_train'))); // (B, d, …)
    const config = lossConfig(c);
    const losses = quantizerLosses(b, xTrain, config);
    results.tensor('train_bits', await quantize(b, xTrain));
    results.tensor('train_per_sample_entropy', await b.read(losses.perSampleEntropy));
    results.tensor('train_batch_entropy', await b.read(losses.batchEntropy));
    results.tensor('train_commitment', await b.read(losses.commitment));
    results.tensor('train_aux_loss', await b.read(losses.total));
    const upstream = swapTokens(c, b, b.upload(testUpstream(c.input('x_train').shape))); // (B, d, …)
    const gradient = quantizerGradient(b, xTrain, upstream, config); // (B, d, …)
    results.tensor('train_grad', await b.read(swapTokens(c, b, gradient)));
  },
};

function lossConfig({ config }: Case): QuantizerLossConfig {
  return {
    commitment_loss_weight: config.number('commitment_loss_weight'),
    entropy_weight: config.number('entropy_weight'),
    inv_temperature: config.number('inv_temperature'),
    gamma0: config.number('gamma0'),
    gamma: config.number('gamma'),
    zeta: config.number('zeta'),
  };
}

/** The cases differentiate Σ s·quantized + losses with s = (flat index mod 7) − 3. */
function testUpstream(shape: Shape): HostTensor {
  return hostTensor(Float32Array.from({ length: sizeOf(shape) }, (_, i) => (i % 7) - 3), shape);
}

/** Swaps the last two axes of tokens: to channels first and back. */
function swapTokens(c: Case, b: Backend, x: Tensor): Tensor {
  return c.config.boolean('channel_first') ? x : b.permute(x, [0, 2, 1]);
}
