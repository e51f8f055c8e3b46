import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { referenceBackend } from '../../reference/backend.ts';
import { hostTensor, rowMajor } from '../../src/array/host.ts';
import { quantizerGradient } from '../../src/quantizer/losses-gradient.ts';
import { quantizerLosses, RELEASED_LOSS_CONFIG } from '../../src/quantizer/losses.ts';
import type { QuantizerLossConfig } from '../../src/quantizer/losses.ts';

const b = referenceBackend();

/** The losses vector by vector in doubles, straight from their definition. */
function plainLosses(vectors: readonly (readonly number[])[], config: QuantizerLossConfig) {
  const n = vectors.length;
  const d = vectors[0].length;
  const h = (p: number): number => -p * Math.log(p + 1e-8) - (1 - p) * Math.log(1 - p + 1e-8);
  const units = vectors.map((v) => v.map((x) => x / Math.max(Math.hypot(...v), 1e-12)));
  const p = units.map((u) => u.map((x) => 1 / (1 + Math.exp(((4 * x) / Math.sqrt(d)) * config.inv_temperature))));
  let commitment = 0;
  for (const x of units.flat()) commitment += (x - (x > 0 ? 1 : -1) / Math.sqrt(d)) ** 2 / (n * d);
  const perSampleEntropy = p.flat().reduce((sum, value) => sum + h(value) / n, 0);
  let batchEntropy = 0;
  for (let j = 0; j < d; j++) batchEntropy += h(p.reduce((sum, row) => sum + row[j] / n, 0));
  const penalty = config.gamma0 * perSampleEntropy - config.gamma * batchEntropy;
  const entropyWeight = (config.zeta / config.inv_temperature) * config.entropy_weight;
  const total = config.commitment_loss_weight * commitment + entropyWeight * penalty;
  return { units, commitment, perSampleEntropy, batchEntropy, total };
}

/** Vectors and G, as rows; entries away from 0, where the code jumps. */
const problem = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 2, max: 9 })).chain(([n, d]) => {
  const entry = fc
    .tuple(fc.double({ min: 0.05, max: 2, noNaN: true }), fc.boolean())
    .map(([size, negative]) => (negative ? -size : size));
  const rows = fc.array(fc.array(entry, { minLength: d, maxLength: d }), { minLength: n, maxLength: n });
  return fc.record({ vectors: rows, upstream: rows });
});

/** Rows of d → (1, d, N). */
function upload(rows: readonly (readonly number[])[]) {
  const values = Float32Array.from(rows[0].flatMap((_, j) => rows.map((row) => row[j])));
  return b.upload(hostTensor(values, [1, rows[0].length, rows.length]));
}

const configs: readonly QuantizerLossConfig[] = [
  { ...RELEASED_LOSS_CONFIG, inv_temperature: 2 },
  { commitment_loss_weight: 0.7, entropy_weight: 3, inv_temperature: 1, gamma0: 0.5, gamma: 1.5, zeta: 2 },
];

describe.each(configs.map((config) => [config]))('losses of the quantizer with %j', (config) => {
  it('are what their definition says', async () => {
    await fc.assert(
      fc.asyncProperty(problem, async ({ vectors }) => {
        const expected = plainLosses(vectors, config);
        const losses = quantizerLosses(b, upload(vectors), config);
        for (const name of ['commitment', 'perSampleEntropy', 'batchEntropy', 'total'] as const) {
          const error = Math.abs((await b.read(losses[name])).get(0) - expected[name]);
          expect(error).toBeLessThan(1e-5 * Math.max(1, Math.abs(expected[name])));
        }
      }),
      { numRuns: 30 },
    );
  });

  it('have the gradient that finite differences show, together with the straight-through output', async () => {
    await fc.assert(
      fc.asyncProperty(problem, async ({ vectors, upstream }) => {
        const objective = (rows: readonly (readonly number[])[]): number => {
          const { units, total } = plainLosses(rows, config);
          return units.flat().reduce((sum, u, i) => sum + u * upstream.flat()[i], total);
        };
        const gradient = await b.read(quantizerGradient(b, upload(vectors), upload(upstream), config)); // (1, d, N)
        const step = 1e-6;
        for (const [n, vector] of vectors.entries()) {
          for (const [j, x] of vector.entries()) {
            const at = (value: number): number => objective(vectors.with(n, vector.with(j, value)));
            const difference = (at(x + step) - at(x - step)) / (2 * step);
            const got = gradient.get(0, j, n);
            expect(Math.abs(got - difference)).toBeLessThan(1e-4 * Math.max(1, Math.abs(difference)));
          }
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe('the gradient', () => {
  it('is divided by the clamped norm, without projection, at a vector shorter than the clamp', async () => {
    const config = { ...RELEASED_LOSS_CONFIG, commitment_loss_weight: 0, entropy_weight: 0 };
    const x = upload([[0, 0], [3e-13, 0], [3, 4]]);
    const gradient = quantizerGradient(b, x, upload([[1, 2], [1, 2], [1, 2]]), config);
    const values = rowMajor(await b.read(gradient)); // (1, 2, 3)
    const expected = [1e12, 1e12, (1 - 0.6 * 2.2) / 5, 2e12, 2e12, (2 - 0.8 * 2.2) / 5];
    for (const [i, value] of expected.entries()) expect(values[i] / value).toBeCloseTo(1, 5);
  });
});
