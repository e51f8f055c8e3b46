/** Files larger than memory and than 32-bit offsets: sparse ones, which have the size but not the blocks. */

import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Shape } from '../../src/array/host.ts';
import { hostZeros, sizeOf } from '../../src/array/host.ts';
import { openCheckpoint, tensorBytes } from '../../src/checkpoint/checkpoint.ts';
import { listCheckpoint } from '../../src/checkpoint/list.ts';
import { picklesOf } from '../../src/checkpoint/write-pickle.ts';
import { elementValues } from '../../src/io/element-type.ts';
import { safetensorsChunks } from '../../src/io/write-safetensors.ts';
import { PRESETS } from '../../src/model/presets.ts';
import { transformerShapes } from '../../src/transformer/shapes.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'large-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** `start`, nothing, and `end` as the last bytes of a file of `size`. */
async function sparse(path: string, start: Uint8Array, size: number, end: Uint8Array): Promise<void> {
  const handle = await open(path, 'w');
  await handle.write(start, 0, start.length, 0);
  await handle.truncate(size);
  await handle.write(end, 0, end.length, size - end.length);
  await handle.close();
}

describe('a sharded checkpoint of the released size', () => {
  const { transformer, quantizer } = PRESETS.get('480p')!;
  const shapes = [...transformerShapes(transformer, quantizer)];

  beforeAll(async () => {
    const map: Record<string, string> = {};
    for (let i = 0; i < 3; i++) {
      const name = `model-0000${i + 1}-of-00003.safetensors`;
      const keys = shapes.slice(i * 150, i === 2 ? undefined : (i + 1) * 150);
      const items = keys.map(([key, shape]) => ({ key, shape, dtype: 'BF16' as const, values: () => hostZeros(shape) }));
      const header = (await safetensorsChunks(items).next()).value as Uint8Array;
      const data = keys.reduce((sum, [, shape]) => sum + 2 * sizeOf(shape), 0);
      await sparse(join(folder, name), header, header.length + data, Uint8Array.of(0x80, 0x3f));
      for (const [key] of keys) map[key] = name;
    }
    await writeFile(join(folder, 'model.safetensors.index.json'), JSON.stringify({ weight_map: map }));
  });

  it('is opened and listed within a second', async () => {
    const started = performance.now();
    const checkpoint = await openCheckpoint(folder);
    const { tensors } = listCheckpoint(checkpoint.value);
    expect(performance.now() - started).toBeLessThan(1000);
    expect(tensors).toHaveLength(shapes.length);
    expect(tensors.reduce((sum, { tensor }) => sum + tensorBytes(tensor), 0)).toBeGreaterThan(17e9);
    await checkpoint.close();
  });

  it('gives its last tensor, beyond 4 GB, without the others', async () => {
    const checkpoint = await openCheckpoint(folder);
    const { tensor } = listCheckpoint(checkpoint.value).tensors.at(-1)!;
    const before = process.memoryUsage().rss;
    const values = elementValues(tensor.type, await tensor.bytes()) as Float32Array;
    expect(process.memoryUsage().rss - before).toBeLessThan(10 * tensorBytes(tensor) + 2 ** 27);
    expect([values.at(-2), values.at(-1)]).toEqual([0, 1]);
    await checkpoint.close();
  });
});

it('a file of the format before zip is read beyond 4 GB', async () => {
  const bytes = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
  const text = (value: string): string => `X${String.fromCharCode(value.length)}\0\0\0${value}`;
  const shapes: [string, Shape][] = [['wide', [5, 2 ** 28]], ['last', [2]]];
  const count = (value: number): Uint8Array => new Uint8Array(BigInt64Array.of(BigInt(value)).buffer);
  const start = Buffer.concat([
    bytes('\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.'), // magic
    bytes('\x80\x02M\xe9\x03.'), // version
    bytes(`\x80\x02}${text('little_endian')}\x88s.`),
    picklesOf('vae', shapes.map(([key, shape]) => ({ key, shape, storageType: 'FloatStorage' }))),
    bytes(`\x80\x02](${text('0')}${text('1')}e.`),
    count(5 * 2 ** 28),
  ]);
  const end = Buffer.concat([new Uint8Array(Float32Array.of(7).buffer), count(2), new Uint8Array(Float32Array.of(1, 2).buffer)]);
  const path = join(folder, 'old.pth');
  await sparse(path, start, start.length + 5 * 2 ** 30 + 16, end);
  const checkpoint = await openCheckpoint(path);
  const [wide, last] = listCheckpoint(checkpoint.value).tensors;
  expect(wide.tensor.shape).toEqual([5, 2 ** 28]);
  expect([...(elementValues('float32', await last.tensor.bytes()) as Float32Array)]).toEqual([1, 2]);
  await checkpoint.close();
});
