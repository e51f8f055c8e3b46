import { describe, expect, it } from 'vitest';
import { referenceBackend } from '../../reference/backend.ts';
import { hostTensor } from '../../src/array/host.ts';
import { Forwarding } from '../../src/backend/forwarding.ts';
import type { Backend, Tensor } from '../../src/backend/backend.ts';
import { sizeOf } from '../../src/array/host.ts';
import { ShapeError } from '../../src/errors.ts';
import { attention } from '../../src/transformer/attention.ts';
import { maxDifference, randomTensor } from './random-model.ts';

const [B, H, KV, L, S, D] = [2, 6, 2, 7, 9, 8];

/** Records the largest input of a softmax. */
class SoftmaxSizes extends Forwarding {
  constructor(
    inner: Backend,
    private readonly sizes: number[],
  ) {
    super(inner);
  }

  override softmax(x: Tensor): Tensor {
    this.sizes.push(sizeOf(x.shape));
    return super.softmax(x);
  }

  override scope<T>(stage: string, body: (b: Backend) => Promise<T>): Promise<T> {
    return super.scope(stage, (inner) => body(new SoftmaxSizes(inner, this.sizes)));
  }
}

describe('attention', () => {
  const q = randomTensor([B, H, L, D], 1);
  const k = randomTensor([B, KV, S, D], 2);
  const v = randomTensor([B, KV, S, D], 3);
  const mask = hostTensor(randomTensor([L, S], 4).data.map((x) => (x > 0.5 ? -1e30 : x)), [L, S]);

  /** Straight from the formula, query by query. */
  function naive(masked: boolean): Float32Array {
    const out = new Float32Array(B * H * L * D);
    for (let n = 0; n < B; n++) {
      for (let h = 0; h < H; h++) {
        const kv = Math.floor(h / (H / KV));
        for (let l = 0; l < L; l++) {
          const weights = Array.from({ length: S }, (_, s) => {
            let dot = 0;
            for (let d = 0; d < D; d++) dot += q.get(n, h, l, d) * k.get(n, kv, s, d);
            return Math.exp(dot / Math.sqrt(D) + (masked ? mask.get(l, s) : 0));
          });
          const total = weights.reduce((sum, weight) => sum + weight, 0);
          for (let d = 0; d < D; d++) {
            out[((n * H + h) * L + l) * D + d] =
              weights.reduce((sum, weight, s) => sum + weight * v.get(n, kv, s, d), 0) / total;
          }
        }
      }
    }
    return out;
  }

  it.each([false, true])('is softmax(q kᵀ/√d + mask) v with grouped heads (mask: %s)', async (masked) => {
    const b = referenceBackend();
    const options = masked ? { mask: b.upload(mask) } : {};
    const y = await b.read(await attention(b, b.upload(q), b.upload(k), b.upload(v), options));
    expect(maxDifference(y, hostTensor(naive(masked), [B, H, L, D]))).toBeLessThan(1e-6);
  });

  it('gives the same values in blocks of any size, and keeps within the bound', async () => {
    const b = referenceBackend();
    const inputs = [b.upload(q), b.upload(k), b.upload(v)] as const;
    const whole = await b.read(await attention(b, ...inputs, { mask: b.upload(mask) }));
    for (const rows of [1, 2, 3, 6]) {
      const sizes: number[] = [];
      const maxScores = B * H * S * rows;
      const watched = new SoftmaxSizes(b, sizes);
      const y = await b.read(await attention(watched, ...inputs, { mask: b.upload(mask), maxScores }));
      expect(y.data).toEqual(whole.data);
      expect(sizes).toHaveLength(Math.ceil(L / rows));
      expect(Math.max(...sizes)).toBeLessThanOrEqual(maxScores);
    }
  });

  it('refuses heads that do not fall into groups', async () => {
    const b = referenceBackend();
    const odd = b.upload(randomTensor([B, 5, L, D], 1));
    await expect(attention(b, odd, b.upload(k), b.upload(v))).rejects.toThrow(ShapeError);
  });
});
