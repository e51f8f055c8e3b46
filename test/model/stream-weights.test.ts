/** Streamed weights compute what resident ones do, and are gone when their scope ends. */

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { referenceBackend } from '../../reference/backend.ts';
import { hostTensor, sizeOf } from '../../src/array/host.ts';
import type { WeightStore } from '../../src/backend/weights.ts';
import { openSafetensorsPath } from '../../src/io/sharded-safetensors.ts';
import type { TensorFile } from '../../src/io/tensor-file.ts';
import { readModelConfig } from '../../src/model/directory.ts';
import { streamWeights } from '../../src/model/stream-weights.ts';
import { textRope } from '../../src/rope/text-rope.ts';
import { makeTransformer, ropeConfig, runBlocks } from '../../src/transformer/transformer.ts';

const toy = join(import.meta.dirname, '../../fixtures/models/toy');

/** The toy's transformer, with a record of what was read. */
async function countingFile(): Promise<{ file: TensorFile; read: string[] }> {
  const file = await openSafetensorsPath(join(toy, 'transformer.safetensors'));
  const read: string[] = [];
  const tensor = async (key: string) => {
    read.push(key);
    return file.tensor(key);
  };
  return { file: { name: file.name, shapes: file.shapes, tensor, close: () => file.close() }, read };
}

async function hiddenState(store: (b: ReturnType<typeof referenceBackend>, file: TensorFile) => Promise<WeightStore>) {
  const { transformer: config, quantizer } = await readModelConfig(toy);
  const { file, read } = await countingFile();
  const b = referenceBackend();
  const model = makeTransformer(config, quantizer, await store(b, file));
  const resident = read.length;
  const values = Float32Array.from({ length: 3 * config.embed_dim }, (_, i) => Math.sin(i));
  const hidden = await b.scope('run', async (b) => {
    const tokens = b.upload(hostTensor(values, [1, 3, config.embed_dim])); // (1, 3, C)
    const rope = b.upload(textRope(ropeConfig(config), 3)); // (2, 3, D/2)
    return b.read((await runBlocks(b, model, { tokens, rope, keep: false })).hidden);
  });
  await file.close();
  return { hidden: hidden.data, resident, streamed: read.length - resident, inBlocks: [...file.shapes.keys()].filter((key) => key.startsWith('block')).length };
}

describe('streamed weights', () => {
  it('compute the same under any budget', async () => {
    const all = await hiddenState((b, file) => streamWeights(b, file, Infinity));
    const none = await hiddenState((b, file) => streamWeights(b, file, 0));
    const some = await hiddenState((b, file) => streamWeights(b, file, 2_000_000));
    expect(none.hidden).toEqual(all.hidden);
    expect(some.hidden).toEqual(all.hidden);
    expect(all.streamed).toBe(0);
    expect([none.resident, none.streamed]).toEqual([0, none.inBlocks]);
    expect(some.resident).toBeGreaterThan(0);
    expect(some.streamed).toBeGreaterThan(0);
    expect(some.streamed).toBeLessThan(none.streamed);
  });

  it('keep what fits in the budget and not more', async () => {
    const { file, read } = await countingFile();
    const first = [...file.shapes.values()].slice(0, 3).reduce((sum, shape) => sum + 4 * sizeOf(shape), 0);
    await streamWeights(referenceBackend(), file, first);
    expect(read).toEqual([...file.shapes.keys()].slice(0, 3));
    await file.close();
  });

  it('end with the scope that asked for them', async () => {
    const { file } = await countingFile();
    const b = referenceBackend();
    const store = await streamWeights(b, file, 0);
    const kept = await b.scope('part', async (b) => {
      const weights = await store.load(b, 'head');
      return { tensor: () => weights.get('bias'), values: await b.read(weights.get('bias')) };
    });
    expect(kept.values.data).toEqual((await file.tensor('head.bias')).data);
    await expect((async () => b.read(kept.tensor()))()).rejects.toThrow();
    await expect((async () => (await store.tensor(b, 'nothing')))()).rejects.toThrow('nothing');
    await file.close();
  });
});
