import type { HostTensor } from '../../array/host.ts';
import { hostTensor, rowMajor, sizeOf } from '../../array/host.ts';
import { differentiate } from '../../autograd/differentiate.ts';
import type { Tensor } from '../../backend/backend.ts';
import { residentWeights } from '../../backend/weights.ts';
import { parseTransformer } from '../../model/directory.ts';
import { dropCaptions } from '../../training/drop-captions.ts';
import { packSequence } from '../../training/pack.ts';
import type { PackedSequence } from '../../training/pack.ts';
import { tokenWeights, weightedLoss } from '../../training/reweight.ts';
import { sequenceLoss } from '../../training/sequence-loss.ts';
import { ropeConfig } from '../../transformer/transformer.ts';
import type { Case, Kind, Results } from '../case.ts';
import { paddedLength, storedDraws, trainingSamples } from '../training-case.ts';

/** L1–L4, T7: from features to the loss of a packed sequence and the gradient of every weight. */
export const trainStep: Kind = {
  kind: 'train_step',
  steps: { '': 'L3', gt: 'Q4', flipped_bits: 'L1', input_tokens: 'Q4', rope: 'R3', scale_lengths: 'T7', visible: 'T7', real_si: 'L2' },
  async run(c, b, results) {
    const modelConfig = c.config.child('model');
    const config = parseTransformer(modelConfig);
    const draws = storedDraws(c);
    const samples = await trainingSamples(c, b, draws);
    const sequence = packSequence(ropeConfig(config), samples, paddedLength(c, samples));
    reportSequence(c, sequence, results);

    const values = c.weights();
    const weights = residentWeights(b, values);
    const all = await weights.load(b, '');
    const parameters = new Map([...values.keys()].map((key) => [key, all.get(key)]));
    const model = { config, weights };
    const scales = samples.flatMap(({ scales: own, schedule }) => {
      return own.map(({ scale }) => ({ scale, largest: schedule.scales.at(-1)! }));
    });
    const reweight = {
      reweight_loss_by_scale: c.config.number('reweight_loss_by_scale'),
      max_reweight_value: c.config.number('max_reweight_value'),
    };
    const text = b.upload(c.input('text')); // (ΣL, text_channels)
    const rate = c.config.number('cond_drop_rate');
    const gradients = await differentiate(b, parameters.values(), async (s) => {
      const texts: Tensor[] = [];
      for (let i = 0, start = 0; i < samples.length; start += samples[i++].textLength) {
        const own = s.slice(text, 0, start, start + samples[i].textLength); // (L, text_channels)
        const batched = s.reshape(own, [1, ...own.shape]); // (1, L, text_channels)
        texts.push(dropCaptions(s, batched, all.get('cfg_uncond'), [draws.drop() < rate]));
      }
      const { loss, accuracy } = await sequenceLoss(s, model, sequence, texts); // (1, V)
      const total = weightedLoss(s, loss, tokenWeights(reweight, scales)); // (1)
      const flat = async (x: Tensor): Promise<HostTensor> => hostTensor(rowMajor(await s.read(x)), [sizeOf(x.shape)]);
      results.tensor('loss', await flat(loss));
      results.tensor('acc', await flat(accuracy));
      results.tensor('final_loss', await flat(total));
      return total;
    });
    for (const [key, parameter] of parameters) reportGradient(key, await b.read(gradients.get(parameter)!), results);
  },
};

function reportSequence(c: Case, { inputs, rope, lengths, visible, scales }: PackedSequence, results: Results): void {
  results.tensor('input_tokens', inputs);
  const [count, pairs, total] = [inputs.shape[1], rope.shape[2], rope.shape[1]];
  const visual = [0, total].flatMap((start) => [...rope.data.subarray(start * pairs, (start + count) * pairs)]);
  results.tensor('rope', hostTensor(Float32Array.from(visual), [2, 1, 1, 1, count, pairs]));
  results.tensor('scale_lengths', hostTensor(Int32Array.from(lengths), [lengths.length]));
  const seen = lengths.flatMap((_, row) => lengths.map((__, column) => (visible[row]?.[column] ? 1 : 0)));
  results.tensor('visible', hostTensor(Uint8Array.from(seen), [lengths.length, lengths.length]));
  results.tensor('real_si', hostTensor(Int32Array.from(scales, ({ si }) => si), [scales.length]));
  const used = count + c.config.numbers('text_lens').reduce((sum, n) => sum + n, 0);
  results.tensor('valid_sequence_ratio', hostTensor(Float32Array.of(used / total), [1]));
  for (const [i, { bits, corrupted }] of scales.entries()) {
    const width = bits.shape[4];
    results.tensor(`gt/${i}`, hostTensor(rowMajor(bits), [1, bits.data.length / width, width]));
    results.tensor(`flipped_bits/${i}`, corrupted);
  }
}

/** In full, and in the short forms in which some cases store large ones. */
function reportGradient(key: string, gradient: HostTensor, results: Results): void {
  const { data, shape } = gradient;
  const norm = Math.sqrt(data.reduce((sum, g) => sum + g * g, 0));
  const sum = data.reduce((total, g) => total + g, 0);
  const row = data.slice(0, data.length / shape[0]);
  results.tensor(`grad/${key}`, gradient);
  results.tensor(`grad_norm_and_sum/${key}`, hostTensor(Float32Array.of(norm, sum), [2]));
  results.tensor(`grad_row0/${key}`, hostTensor(row, [row.length]));
}
