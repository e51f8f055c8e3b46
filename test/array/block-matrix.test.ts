/** Blocks of quantized weights: what bytes mean, and how near the values stay. */

import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BlockType } from '../../src/array/block-matrix.ts';
import { BLOCK_FORMATS, BLOCK_TYPES, blockBytes, quantizeBlocks, widenBlocks } from '../../src/array/block-matrix.ts';
import { hostTensor } from '../../src/array/host.ts';
import { ArgumentError, ShapeError } from '../../src/errors.ts';
import { random } from '../backend/arrays.ts';

/** 1, 2 and −½ in f16, little endian. */
const [ONE, TWO, MINUS_HALF] = [[0x00, 0x3c], [0x00, 0x40], [0x00, 0xb8]] as const;

function widenBytes(type: BlockType, bytes: readonly number[]): number[] {
  return [...widenBlocks({ type, blocks: Uint8Array.from(bytes), shape: [1, BLOCK_FORMATS[type].weights] }).data];
}

describe('the bytes of a block', () => {
  it('q8_0: a scale and signed bytes', () => {
    const q = [1, 255, 127, 129, ...new Array<number>(28).fill(0)];
    expect(widenBytes('q8_0', [...TWO, ...q]).slice(0, 5)).toEqual([2, -2, 254, -254, 0]);
  });

  it('q4_0: a scale, and weights j and j + 16 in a byte', () => {
    const values = widenBytes('q4_0', [...MINUS_HALF, 0xf0, 0x98, ...new Array<number>(14).fill(0x88)]);
    expect([values[0], values[16], values[1], values[17], values[2]]).toEqual([4, -3.5, -0, -0.5, -0]);
  });

  it('q4_K: two scales, six bits for each part, and two parts in 32 bytes', () => {
    const scales = new Array<number>(12).fill(0);
    scales[1] = 5; // s of part 1
    scales[5] = 3; // m of part 1
    scales[8] = 0x2e; // low bits of s (14) and m (2) of part 4
    scales[0] = 0b01_000000; // and s of part 4: 16 more
    scales[4] = 0b10_000000; // m of part 4: 32 more
    const pairs = new Array<number>(128).fill(0);
    pairs[0] = 0x70; // weight 0 of part 1 is 7
    pairs[64] = 0x09; // weight 0 of part 4 is 9
    const values = widenBytes('q4_k', [...ONE, ...TWO, ...scales, ...pairs]);
    expect([values[0], values[32], values[33], values[128], values[129], values[160]]).toEqual([
      0, 5 * 7 - 2 * 3, -2 * 3, (14 + 16) * 9 - 2 * (2 + 32), -2 * (2 + 32), 0,
    ]);
  });
});

describe.each(BLOCK_TYPES)('%s', (type) => {
  const { weights, bytes } = BLOCK_FORMATS[type];

  it('keeps values within about a step of their block', () => {
    const block = fc.array(fc.float({ min: -100, max: 100, noNaN: true }), { minLength: weights, maxLength: weights });
    fc.assert(fc.property(block, (values) => {
      const matrix = hostTensor(Float32Array.from(values), [1, weights]);
      const got = widenBlocks(quantizeBlocks(type, matrix)).data;
      const largest = Math.max(...values.map(Math.abs));
      // Half a step; q4_0's upper end is one step short, and its ends may be cut off; q4_K rounds steps and offsets.
      const bound = { q8_0: 0.51 / 127, q4_0: 1.35 / 8, q4_k: 0.12 }[type] * largest + 1e-6;
      for (const [i, value] of matrix.data.entries()) expect(Math.abs(got[i] - value)).toBeLessThanOrEqual(bound);
    }), { numRuns: 60 });
  });

  it('gives its own values back', () => {
    const once = widenBlocks(quantizeBlocks(type, random([8, 512], 4)));
    const twice = widenBlocks(quantizeBlocks(type, once));
    // The searches of the others may find another way to write the same block.
    const worst = Math.max(...once.data.map((value, i) => Math.abs(value - twice.data[i])));
    expect(worst).toBeLessThan(type === 'q8_0' ? 1e-7 : 0.06);
  });

  it('has an error of the size that its bits allow, on normal weights', () => {
    const matrix = random([64, 512], 9);
    const got = widenBlocks(quantizeBlocks(type, matrix));
    const error = matrix.data.reduce((sum, value, i) => sum + (value - got.data[i]) ** 2, 0);
    const power = matrix.data.reduce((sum, value) => sum + value ** 2, 0);
    expect(Math.sqrt(error / power)).toBeLessThan({ q8_0: 0.006, q4_0: 0.085, q4_k: 0.075 }[type]);
  });

  it('keeps a block of zeros, and one of a single weight', () => {
    const matrix = hostTensor(new Float32Array(2 * weights), [2, weights]);
    matrix.data[weights + 3] = -0.75;
    const got = widenBlocks(quantizeBlocks(type, matrix)).data;
    expect(Math.max(...got.slice(0, weights).map(Math.abs))).toBe(0);
    expect(got[weights + 3]).toBeCloseTo(-0.75, 2);
  });

  it('writes the same bytes on every machine and in every version: of sizes of every kind, ties, one sign, zeros', () => {
    const matrix = random([512, 512], 9);
    for (let i = 0; i < matrix.data.length; i++) {
      const row = i >> 9;
      const value = matrix.data[i] * 2 ** ((row % 64) - 46);
      matrix.data[i] = [value, Math.round(matrix.data[i] * 4) / 8, Math.abs(value)][row % 3];
    }
    matrix.data.fill(0, 7000, 9000);
    const hash = createHash('sha256').update(quantizeBlocks(type, matrix).blocks).digest('hex');
    expect(hash.slice(0, 16)).toBe({ q8_0: '3539a9f78cb92987', q4_0: 'e8f288232c4ae474', q4_k: 'ef5a1e8873259ed9' }[type]);
  });

  it('refuses rows that blocks do not fill, values that it cannot hold, and bytes that are too few', () => {
    expect(() => quantizeBlocks(type, random([2, weights - 1], 1))).toThrow(ShapeError);
    expect(() => quantizeBlocks(type, hostTensor(new Float32Array(weights).fill(NaN), [1, weights]))).toThrow(ArgumentError);
    expect(() => quantizeBlocks(type, hostTensor(new Float32Array(weights).fill(1e9), [1, weights]))).toThrow(ArgumentError);
    expect(() => widenBlocks({ type, blocks: new Uint8Array(bytes - 1), shape: [1, weights] })).toThrow(ShapeError);
    expect(blockBytes(type, [3, 2 * weights])).toBe(6 * bytes);
  });
});
