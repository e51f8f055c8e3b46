/** `inspect`: model directories, indices of PyTorch shards, NumPy archives; nothing of a file reaches the terminal raw. */

import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { beforeAll, expect, it } from 'vitest';
import type { HostArray } from '../../src/array/host.ts';
import { hostTensor } from '../../src/array/host.ts';
import { quantizeBlocks } from '../../src/array/block-matrix.ts';
import { openCheckpoint } from '../../src/checkpoint/checkpoint.ts';
import { listCheckpoint } from '../../src/checkpoint/list.ts';
import { torchZipChunks } from '../../src/checkpoint/write-torch-zip.ts';
import { ggufChunks } from '../../src/gguf/write.ts';
import { writeFileAtomic } from '../../src/io/atomic.ts';
import { writeNpy } from '../../src/io/npy.ts';
import { writeNpz } from '../../src/io/npz.ts';
import { safetensorsChunks } from '../../src/io/write-safetensors.ts';
import { shippedModel } from '../../src/model/default.ts';
import { runHere } from './run.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'inspect-'));
});

const vector = (...values: number[]) => hostTensor(Float32Array.from(values), [values.length]);

async function torchFile(name: string, tensors: Readonly<Record<string, number[]>>): Promise<void> {
  const items = Object.entries(tensors).map(([key, values]) => {
    return { key, shape: [values.length], values: async () => vector(...values) };
  });
  const chunks = [];
  for await (const chunk of torchZipChunks('x', items)) chunks.push(Buffer.from(chunk));
  // As save_pretrained writes it: the dict of tensors itself, without a name around it.
  const bytes = Buffer.concat(chunks);
  await writeFile(join(folder, name), bytes);
}

it('lists the parts of a model directory', async () => {
  const { code, stdout } = await runHere('inspect', shippedModel('toy'));
  expect(code).toBe(0);
  for (const part of ['tokenizer.safetensors: safetensors', 'transformer.safetensors: safetensors', 'text_encoder/model.safetensors: safetensors']) {
    expect(stdout).toContain(part);
  }
  expect(stdout).toContain('blocks.0.attn.q_proj.weight');
  const json = JSON.parse((await runHere('inspect', shippedModel('toy'), '--json')).stdout) as { name: string }[];
  expect(json.map(({ name }) => name.split('/').at(-1))).toEqual(['tokenizer.safetensors', 'transformer.safetensors', 'model.safetensors']);
});

it('reads a NumPy archive, member by member', async () => {
  const path = join(folder, 'some.npz');
  const arrays = new Map<string, HostArray>([['a/b', vector(1, 2)], ['c', hostTensor(Uint8Array.of(3), [1, 1])]]);
  await writeFile(path, writeNpz(arrays));
  const checkpoint = await openCheckpoint(path);
  const { tensors } = listCheckpoint(checkpoint.value);
  const listed = await Promise.all(tensors.map(async ({ path: key, tensor }) => {
    return [key, tensor.type, tensor.shape, (await tensor.bytes()).length];
  }));
  expect(listed).toEqual([['a/b', 'float32', [2], 8], ['c', 'uint8', [1, 1], 1]]);
  await checkpoint.close();
  expect((await runHere('inspect', path)).stdout).toMatch(/some\.npz: npz, 2 tensors, 9 B\n {2}a\/b {2}float32/);
});

it('refuses a NumPy archive that is damaged, and names an array that it cannot read', async () => {
  const path = join(folder, 'damaged.npz');
  const bytes = writeNpz(new Map<string, HostArray>([['a', vector(1, 2)], ['b', vector(3)]]));
  const [entry] = [...bytes.keys()].filter((at) => bytes[at] === 0x50 && bytes[at + 2] === 1 && bytes[at + 3] === 2);
  bytes[entry + 16] ^= 1;
  await writeFile(path, bytes);
  expect((await runHere('inspect', path)).stderr).toContain("'a.npy': is damaged: its checksum (CRC-32) is wrong");
  const other = zipSync({ 'a.npy': Buffer.from(writeNpy(vector(1)).map((byte) => (byte === 0x3c ? 0x3e : byte))), 'b.npy': writeNpy(vector(3)) });
  await writeFile(path, other);
  expect((await runHere('inspect', path)).stdout).toMatch(/b {2}float32 {2}\[1\] +4 B\n {2}a = an array of type >f4/);
});

it('reads an index of PyTorch shards', async () => {
  await torchFile('pytorch_model-1.bin', { p: [1] });
  const index = (map: object) => writeFile(join(folder, 'pytorch_model.bin.index.json'), JSON.stringify({ metadata: {}, weight_map: map }));
  await index({ x: 'pytorch_model-1.bin' });
  const { code, stdout } = await runHere('inspect', join(folder, 'pytorch_model.bin.index.json'));
  expect([code, stdout]).toEqual([0, expect.stringContaining('1 tensors') as string]);
  expect((await runHere('inspect', folder)).stdout).toBe(stdout);
  await index({ y: 'pytorch_model-1.bin' });
  expect((await runHere('inspect', folder)).stderr).toContain("'pytorch_model-1.bin' has no tensor 'y'");
  await index({ x: '../../etc/pytorch_model-1.bin' });
  expect((await runHere('inspect', folder)).stderr).toContain('is not the plain name');
});

it('lists floats of GGUF, and names its quantized matrices', async () => {
  const path = join(folder, 'some.gguf');
  const matrix = quantizeBlocks('q8_0', hostTensor(new Float32Array(64).fill(1), [2, 32]));
  const items = [
    { key: 'norm', shape: [2], type: 'f32' as const, values: () => Promise.resolve(vector(1, 2)) },
    { key: 'block', shape: [2, 32], type: 'q8_0' as const, values: () => Promise.resolve(matrix) },
  ];
  await writeFileAtomic(path, ggufChunks(items, new Map([['general.architecture', 'x']])));
  const { stdout } = await runHere('inspect', path);
  expect(stdout).toMatch(/some\.gguf: gguf, 1 tensors, 8 B\n {2}norm {2}float32 {2}\[2\] +8 B\n/);
  expect(stdout).toMatch(/\n {2}block = q8_0 \[2, 32\], 68 bytes/);
});

it('shows control characters escaped, in text and in JSON', async () => {
  const path = join(folder, 'odd.safetensors');
  const key = 'a\x1b[31m\u009b2J\u202eb';
  await writeFileAtomic(path, safetensorsChunks([{ key, shape: [1], dtype: 'F32', values: () => vector(1) }], { note: '\x1b]0;title\x07' }));
  const text = await runHere('inspect', path);
  expect(text.stdout).toContain('a\\x1b[31m\\x9b2J\\u{202e}b');
  const json = await runHere('inspect', path, '--json');
  expect(json.stdout).not.toMatch(/[^\n\P{Cc}]|\u202e/u);
  expect((JSON.parse(json.stdout) as { tensors: { path: string }[] }).tensors[0].path).toBe(key);
});
