/** Enlarging frames: by equal pixels exactly, by Lanczos as Pillow does it. */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { hostTensor } from '../../src/array/host.ts';
import { ArgumentError, FileError } from '../../src/errors.ts';
import { frameAt } from '../../src/io/picture.ts';
import { resizeLanczos } from '../../src/io/lanczos-resize.ts';
import { upscale } from '../../src/io/upscale.ts';

it('repeats every pixel, and Lanczos is that of every frame', () => {
  const extent = fc.integer({ min: 1, max: 5 });
  fc.assert(fc.property(extent, extent, extent, extent, fc.integer(), (count, height, width, times, seed) => {
    const bytes = Uint8Array.from({ length: count * height * width * 3 }, (_, i) => Math.imul(i + 1, seed | 1) >>> 24);
    const frames = hostTensor(bytes, [count, height, width, 3]);
    const large = upscale(frames, times);
    expect(large.shape).toEqual([count, height * times, width * times, 3]);
    for (let t = 0; t < count; t++) {
      for (let y = 0; y < height * times; y++) {
        for (let x = 0; x < width * times; x++) {
          expect(large.get(t, y, x, 1)).toBe(frames.get(t, Math.floor(y / times), Math.floor(x / times), 1));
        }
      }
    }
    const smooth = upscale(frames, times, 'lanczos');
    const one = resizeLanczos(frameAt(frames, count - 1), height * times, width * times).data;
    expect(smooth.data.slice(-one.length)).toEqual(one);
  }), { numRuns: 40 });
});

it('refuses what is no number of times, or too large', () => {
  const frames = hostTensor(new Uint8Array(3), [1, 1, 1, 3]);
  for (const times of [0, -1, 1.5, NaN]) expect(() => upscale(frames, times)).toThrow(ArgumentError);
  expect(() => upscale(frames, 20_000)).toThrow(FileError);
});
