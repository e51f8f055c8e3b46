/** Matrices quantized in slices: the same bytes and errors on any number of threads, and as in one piece. */

import { afterAll, describe, expect, it } from 'vitest';
import { BLOCK_TYPES, quantizeBlocks, widenBlocks } from '../../src/array/block-matrix.ts';
import { bfloatToFloat, floatToBfloat } from '../../src/array/half.ts';
import { hostTensor } from '../../src/array/host.ts';
import type { SourceTensor } from '../../src/convert/collect.ts';
import type { Rows } from '../../src/convert/quantize-rows.ts';
import { startQuantizer } from '../../src/convert/quantize-threads.ts';
import { quantizeTensor } from '../../src/convert/quantized-tensor.ts';
import { FileError } from '../../src/errors.ts';
import { random } from '../backend/arrays.ts';

/** Two slices, the second of few rows, and no whole number of what is float32 at a time. */
const [rows, width] = [270, 1024];

const bits = floatToBfloat(new Float32Array(random([rows, width], 3).data));
const values = bfloatToFloat(bits);

function stored(bits: Uint16Array): SourceTensor {
  return { type: 'bfloat16', shape: [rows, width], parameter: true, file: 'file', bytes: async () => new Uint8Array(bits.buffer) };
}

const quantizers = [1, 3].map(startQuantizer);
afterAll(async () => void (await Promise.all(quantizers.map((quantizer) => quantizer.close()))));

describe.each([0, 1])('quantizing on 1 or 3 threads: %i', (which) => {
  const quantizer = quantizers[which];

  it.each(BLOCK_TYPES)('%s gives the bytes of one piece, and its error', async (type) => {
    const { matrix, error } = await quantizeTensor(quantizer, type, stored(bits), 'where');
    const whole = quantizeBlocks(type, hostTensor(values, [rows, width]));
    expect(Buffer.compare(matrix.blocks, whole.blocks)).toBe(0);
    const back = widenBlocks(whole).data;
    const power = values.reduce((sum, w) => sum + w * w, 0);
    expect(error.relative).toBeCloseTo(Math.sqrt(values.reduce((sum, w, i) => sum + (w - back[i]) ** 2, 0) / power), 9);
    const columns = new Float64Array(width);
    for (const [i, w] of values.entries()) columns[i % width] += w * w;
    expect(error.largestColumn).toBeCloseTo(Math.sqrt((Math.max(...columns) * width) / power), 9);
  });

  it('says of a value that blocks cannot hold where it is', async () => {
    const wrong = bits.slice();
    wrong[wrong.length - 1] = 0x7f80; // infinity
    const act = quantizeTensor(quantizer, 'q8_0', stored(wrong), 'file: key');
    await expect(act).rejects.toThrow(FileError);
    await expect(act).rejects.toThrow('file: key: cannot be stored as q8_0: weight: expected a value of at most 524032 in size, got Infinity');
  });
});

it('a thread that fails ends what was asked of it and of the others', async () => {
  const quantizer = startQuantizer(2);
  const none = { type: 'none', stored: 'bfloat16', bytes: new Uint8Array(64), width: 32, count: 1 } as unknown as Rows;
  const good = { type: 'q8_0', stored: 'bfloat16', bytes: new Uint8Array(64), width: 32, count: 1 } as const;
  await expect(quantizer.quantize(none)).rejects.toThrow(TypeError);
  await expect(quantizer.quantize(good)).rejects.toThrow(TypeError);
  await quantizer.close();
});
