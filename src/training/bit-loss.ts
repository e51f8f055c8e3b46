/**
 * Spec L3, first half: the loss of a token is the mean over its bits of the cross entropy between label y and two logits,
 *
 *     −ln softmax(ℓ)_y = −ln σ(z),   z = (ℓ₁ − ℓ₀)·(2y − 1)
 *     accuracy = share of bits with [ℓ₁ > ℓ₀] = y
 *
 * Each scale is judged by the head of its vocabulary (T6). Both heads run over all tokens, each counts on its own.
 *
 * Paper §3.1. Official: models/infinity.py:Infinity.get_loss_acc.
 */

import { hostTensor, rowMajor } from '../array/host.ts';
import type { HostBits, HostTensor } from '../array/host.ts';
import type { Backend, Tensor } from '../backend/backend.ts';
import { ShapeError } from '../errors.ts';
import type { Vocabulary } from '../quantizer/vocabulary.ts';
import { logits } from '../transformer/heads.ts';
import type { Transformer } from '../transformer/transformer.ts';

/** The labels of one scale. */
export interface ScaleLabels {
  readonly vocabulary: Vocabulary;
  /** (B, …, width): of B samples the bits of every token. */
  readonly bits: HostBits;
}

/** Of every token: (B, L). */
export interface TokenLosses {
  readonly loss: Tensor;
  readonly accuracy: Tensor;
}

/** Below this z the loss is −z to the last digit, and σ(z) would soon be 0. */
const LINEAR_BELOW = -20;

/**
 * @param hidden (B, L, C), before the final norm: the visual tokens, scale after scale.
 * @param labels of the scales in their order.
 * @throws ShapeError if the labels are not those of L tokens.
 */
export async function bitLoss(
  b: Backend,
  model: Transformer,
  hidden: Tensor,
  labels: readonly ScaleLabels[],
): Promise<TokenLosses> {
  const [batch, length] = hidden.shape;
  const names = [...new Set(labels.map(({ vocabulary }) => vocabulary.name))];
  const parts: TokenLosses[] = [];
  for (const name of names) {
    parts.push(await b.scope(`loss of ${name}`, async (inner) => {
      const { signs, own } = signsOf(labels, name, batch, length);
      return headLoss(inner, await logits(inner, model, hidden, name), inner.upload(signs), inner.upload(own));
    }));
  }
  return parts.reduce((a, part) => ({ loss: b.add(a.loss, part.loss), accuracy: b.add(a.accuracy, part.accuracy) }));
}

/** scores (B, L, 2d), signs (B, L, d) = 2y − 1, own (1, L): 1/d for tokens of this head, 0 for others. */
function headLoss(b: Backend, scores: Tensor, signs: Tensor, own: Tensor): TokenLosses {
  const contrast = b.upload(hostTensor(Float32Array.of(-1, 1), [2, 1])); // (2, 1)
  const pairs = b.reshape(scores, [scores.shape.reduce((n, extent) => n * extent, 1) / 2, 2]); // (B·L·d, 2)
  const difference = b.reshape(b.matmul(pairs, contrast), signs.shape); // (B, L, d)
  const z = b.mul(difference, signs); // (B, L, d)
  const loss = b.affine(logSigmoid(b, z), -1); // (B, L, d)
  const bit = b.map('step', difference); // (B, L, d)
  const right = b.affine(b.mul(b.affine(bit, 2, -1), signs), 0.5, 0.5); // (B, L, d): 1 where the bit is y
  return { loss: meanOfBits(b, loss, own), accuracy: meanOfBits(b, right, own) };
}

/** ln σ(z), for any z. (…) */
function logSigmoid(b: Backend, z: Tensor): Tensor {
  const above = b.map('relu', b.affine(z, 1, -LINEAR_BELOW)); // max(z, −20) + 20
  const below = b.map('relu', b.affine(z, -1, LINEAR_BELOW)); // what is missing to z, turned positive
  return b.sub(b.map('log', b.map('sigmoid', b.affine(above, 1, LINEAR_BELOW))), below);
}

/** (B, L, d) → (B, L) */
function meanOfBits(b: Backend, x: Tensor, own: Tensor): Tensor {
  const [batch, length] = x.shape;
  return b.mul(b.reshape(b.sum(x, [2]), [batch, length]), own);
}

/** Signs of the labels of one vocabulary, 0 for tokens of the other, and 1/d or 0 for each token. */
function signsOf(
  labels: readonly ScaleLabels[],
  name: Vocabulary['name'],
  batch: number,
  length: number,
): { signs: HostTensor; own: HostTensor } {
  const { width } = labels.find(({ vocabulary }) => vocabulary.name === name)!.vocabulary;
  const signs = new Float32Array(batch * length * width);
  const own = new Float32Array(length);
  let token = 0;
  for (const { vocabulary, bits } of labels) {
    const count = bits.data.length / (batch * vocabulary.width);
    if (vocabulary.name === name) {
      const values = rowMajor(bits);
      own.fill(1 / width, token, token + count);
      for (let i = 0; i < values.length; i++) {
        const row = Math.floor(i / (count * width));
        signs[(row * length + token) * width + (i % (count * width))] = values[i] === 1 ? 1 : -1;
      }
    }
    token += count;
  }
  if (token !== length) throw new ShapeError('labels', `bits of ${length} tokens`, token);
  return { signs: hostTensor(signs, [batch, length, width]), own: hostTensor(own, [1, length]) };
}
