import { createHash } from 'node:crypto';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HostArray } from '../../src/array/host.ts';
import { hostTensor, rowMajor } from '../../src/array/host.ts';
import type { Backend } from '../../src/backend/backend.ts';
import { imageTransform } from '../../src/conform/kinds/image_transform.ts';
import { loadCase } from '../../src/conform/load.ts';
import { transformFrames, transformPicture } from '../../src/io/image-transform.ts';
import { lanczosWindows, resizeLanczos } from '../../src/io/lanczos-resize.ts';

const golden = join(import.meta.dirname, '../../fixtures/golden/sampler');

/** Height, width, hash of Pillow 12's resize((width, height), LANCZOS) of the picture below. */
const byPillow = [
  [10, 20, 'f710df7b82c963f1'],
  [37, 13, '3bd43597c98ba03d'],
  [90, 61, 'c531168c83b0b954'],
  [111, 140, '5aa4c05da5f567ec'],
  [1, 1, '24d7e2b3443cb3f5'],
  [36, 60, '0b3bfdca5603611f'],
  [5, 200, '67c55fb9c38c39e5'],
] as const;

function picture61x37() {
  const bytes = Uint8Array.from({ length: 37 * 61 * 3 }, (_, i) => {
    const [y, x, c] = [Math.floor(i / 183), Math.floor(i / 3) % 61, i % 3];
    return [x * 37 + y * 11, y * y * 7 + x, x * y * 5][c] % 256;
  });
  return hostTensor(bytes, [37, 61, 3]);
}

describe('resizeLanczos', () => {
  it.each(byPillow)('equals Pillow byte for byte at %i×%i', (height, width, expected) => {
    const got = resizeLanczos(picture61x37(), height, width);
    expect(got.shape).toEqual([height, width, 3]);
    expect(createHash('sha256').update(got.data).digest('hex').slice(0, 16)).toBe(expected);
  });

  it('computes a part as it is in the whole', () => {
    const whole = resizeLanczos(picture61x37(), 90, 40);
    const part = resizeLanczos(picture61x37(), 90, 40, { top: 31, left: 7, height: 20, width: 30 });
    expect(rowMajor(part)).toEqual(rowMajor(whole.lo(31, 7, 0).hi(20, 30, 3)));
  });

  it('has windows inside the line whose weights sum to one', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 300 }), (from, to) => {
      for (const { first, weights } of lanczosWindows(from, to)) {
        const sum = weights.reduce((a, b) => a + b, 0);
        if (first < 0 || first + weights.length > from || Math.abs(sum - 2 ** 22) > weights.length) return false;
      }
      return true;
    }));
  });
});

describe('transformPicture', () => {
  it.each(['wider', 'taller', 'same-ratio'])('equals the official transform: %s', async (name) => {
    const c = loadCase(join(golden, `transform-image-${name}`));
    const results = new Map<string, HostArray>();
    await imageTransform.run(c, {} as Backend, {
      tensor: (output, value) => results.set(output, value),
      json: () => undefined,
    });
    // Exactly, although the case allows one byte step.
    expect([...rowMajor(results.get('tensor')!)]).toEqual([
      ...rowMajor(c.expected('tensor')),
    ]);
  });

  it('fills every target from every picture', () => {
    const side = fc.integer({ min: 1, max: 40 });
    fc.assert(fc.property(side, side, side, side, (h, w, height, width) => {
      const white = hostTensor(new Uint8Array(h * w * 3).fill(255), [h, w, 3]);
      return transformPicture(white, height, width).data.every((value) => value === 1);
    }));
  });

  it('takes lines of one pixel for what a model needs, in a moment', () => {
    const line = Uint8Array.from({ length: 16384 * 3 }, (_, i) => Math.floor(i / 3) & 255);
    const shapes = [[16384, 1, 3], [1, 16384, 3]] as const;
    for (const shape of shapes) {
      for (const [height, width] of [[512, 512], [480, 848], [848, 480]] as const) {
        const got = transformPicture(hostTensor(line, [...shape]), height, width);
        expect(got.shape).toEqual([3, height, width]);
        // In the middle of the line lie bytes of 255 and 0, side by side.
        expect(got.get(0, 0, 0)).toBeGreaterThan(0.5);
        expect(got.get(0, height - 1, width - 1)).toBeLessThan(-0.5);
      }
    }
  });

  it('refuses empty targets', () => {
    expect(() => transformPicture(picture61x37(), 0, 16)).toThrow('height: expected a positive integer, got 0');
  });

  it('puts frames at (1, 3, T, h, w)', () => {
    const frames = hostTensor(Uint8Array.from({ length: 24 }, (_, i) => i * 10), [2, 2, 2, 3]);
    const got = transformFrames(frames, 2, 2);
    expect(got.shape).toEqual([1, 3, 2, 2, 2]);
    expect(got.get(0, 1, 1, 0, 1)).toBeCloseTo((160 / 255) * 2 - 1, 6); // frame 1, pixel (0, 1), green
  });
});
