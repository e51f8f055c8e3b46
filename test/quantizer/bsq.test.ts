import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { referenceBackend } from '../../reference/backend.ts';
import { hostTensor, rowMajor } from '../../src/array/host.ts';
import { quantize } from '../../src/quantizer/bsq.ts';
import { codesOf } from '../../src/quantizer/codes.ts';

const b = referenceBackend();

/** Any bits (B, t, h, w, d). */
const bits = fc
  .tuple(...[2, 3, 3, 3, 70].map((max) => fc.integer({ min: 1, max })))
  .chain((shape) => {
    const size = shape.reduce((product, extent) => product * extent, 1);
    return fc
      .uint8Array({ minLength: size, maxLength: size, max: 1 })
      .map((values) => hostTensor(Uint8Array.from(values), shape));
  });

describe('binary spherical quantization', () => {
  it('gives back the bits of any codes', async () => {
    await fc.assert(
      fc.asyncProperty(bits, fc.double({ min: 1e-6, max: 1e6, noNaN: true }), async (x, scale) => {
        const again = await quantize(b, b.affine(codesOf(b, x), scale));
        expect(again.shape).toEqual(x.shape);
        expect(rowMajor(again)).toEqual(rowMajor(x));
      }),
      { numRuns: 50 },
    );
  });

  it('has codes of norm 1, channels first', async () => {
    await fc.assert(
      fc.asyncProperty(bits, async (x) => {
        const [batch, t, h, w, d] = x.shape as [number, number, number, number, number];
        const codes = await b.read(codesOf(b, x));
        expect(codes.shape).toEqual([batch, d, t, h, w]);
        let squares = 0;
        for (let j = 0; j < d; j++) {
          const code = codes.get(batch - 1, j, t - 1, 0, w - 1);
          squares += code ** 2;
          expect(Math.sign(code)).toBe(x.get(batch - 1, t - 1, 0, w - 1, j) === 1 ? 1 : -1);
        }
        expect(squares).toBeCloseTo(1, 5);
      }),
      { numRuns: 50 },
    );
  });

  it('sends 0, −0 and the zero vector to bit 0, the smallest positive number to bit 1', async () => {
    const smallest = 2 ** -149;
    const x = hostTensor(Float32Array.from([0, -0, 0, 0, -0, 3, -1, smallest]), [2, 4, 1]); // (B, d, L)
    expect([...rowMajor(await quantize(b, b.upload(x)))]).toEqual([0, 0, 0, 0, 0, 1, 0, 0]);
    const alone = hostTensor(Float32Array.from([smallest, -smallest, 0]), [1, 3, 1]);
    expect([...rowMajor(await quantize(b, b.upload(alone)))]).toEqual([1, 0, 0]);
  });
});
