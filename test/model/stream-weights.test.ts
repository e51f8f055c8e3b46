/** Streamed weights compute what resident ones do, and are gone when their scope ends. */

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { referenceBackend } from '../../reference/backend.ts';
import { hostTensor } from '../../src/array/host.ts';
import type { Backend, Tensor } from '../../src/backend/backend.ts';
import { Forwarding } from '../../src/backend/forwarding.ts';
import type { WeightStore } from '../../src/backend/weights.ts';
import { openSafetensorsPath } from '../../src/io/sharded-safetensors.ts';
import type { TensorFile } from '../../src/io/tensor-file.ts';
import { readModelConfig } from '../../src/model/directory.ts';
import { streamWeights } from '../../src/model/stream-weights.ts';
import type { WeightRoom } from '../../src/model/weight-levels.ts';
import { bytesOf, placeWeights } from '../../src/model/weight-levels.ts';
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
  return { file: { ...file, tensor, stored: tensor }, read };
}

const onBackend = (bytes: number): WeightRoom => ({ backend: bytes, host: 0 });

function storeIn(b: Backend, file: TensorFile, room: WeightRoom): Promise<WeightStore> {
  return streamWeights(b, file, placeWeights(file, room));
}

async function hiddenState(room: WeightRoom) {
  const { transformer: config, quantizer } = await readModelConfig(toy);
  const { file, read } = await countingFile();
  const b = referenceBackend();
  const model = makeTransformer(config, quantizer, await storeIn(b, file, room));
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
    const all = await hiddenState(onBackend(Infinity));
    const none = await hiddenState(onBackend(0));
    const some = await hiddenState(onBackend(2_000_000));
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
    const first = [...file.shapes].slice(0, 3).reduce((sum, [key, shape]) => sum + bytesOf(file, key, shape), 0);
    await storeIn(referenceBackend(), file, onBackend(first));
    expect(read).toEqual([...file.shapes.keys()].slice(0, 3));
    await file.close();
  });

  it('end with the scope that asked for them', async () => {
    const { file } = await countingFile();
    const b = referenceBackend();
    const store = await storeIn(b, file, onBackend(0));
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

describe('weights of 16 bits', () => {
  it('are uploaded as they are stored if they are matrices, else widened, and counted so', async () => {
    const file = await openSafetensorsPath(join(toy, 'transformer.safetensors'));
    const b = referenceBackend();
    const uploads: unknown[] = [];
    const watched = new (class extends Forwarding {
      override upload(values: Parameters<Backend['upload']>[0]): Tensor {
        uploads.push(values);
        return super.upload(values);
      }
    })(b);
    const budget = [...file.shapes].reduce((sum, [key, shape]) => sum + bytesOf(file, key, shape), 0);
    const store = await storeIn(watched, file, onBackend(budget));
    expect(uploads.length).toBe(file.shapes.size);
    for (const [i, [key, shape]] of [...file.shapes].entries()) {
      const dtype = file.entries.get(key)!.dtype;
      const kept = shape.length === 2 && dtype !== 'F32';
      expect(uploads[i]).toMatchObject(kept ? { type: dtype.toLowerCase() } : { data: expect.any(Float32Array) as unknown });
      expect((await b.read(await store.tensor(b, key))).data).toEqual((await file.tensor(key)).data);
    }
    await file.close();
  });
});
