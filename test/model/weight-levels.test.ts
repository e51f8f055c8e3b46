/** Weights that fit no backend stay beside it: the same picture wherever they are, and no more read from disk than must be. */

import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { wasmBackend } from '../../backends/wasm/index.ts';
import { sizeOf } from '../../src/array/host.ts';
import type { Backend } from '../../src/backend/backend.ts';
import { Forwarding } from '../../src/backend/forwarding.ts';
import type { ModelFiles } from '../../src/model/files.ts';
import { folderFiles } from '../../src/model/folder.ts';
import { checkModelFiles, openModel } from '../../src/model/open.ts';
import { bytesInMemory, placeWeights, weightRoom } from '../../src/model/weight-levels.ts';
import { generateVideo } from '../../src/pipeline/generate.ts';

const toy = folderFiles(join(import.meta.dirname, '../../fixtures/models/toy'));
const wasm = wasmBackend({ threads: 1 });
afterAll(async () => (await wasm).close());

/** With a count of what was read of each file after its header. */
function counted(files: ModelFiles): { files: ModelFiles; bytes: Map<string, number>; sizes: Map<string, number> } {
  const [bytes, sizes] = [new Map<string, number>(), new Map<string, number>()];
  const open: ModelFiles['open'] = async (name) => {
    const source = await files.open(name);
    const header = name.endsWith('.safetensors') ? 8 + Number(new DataView((await source.read(0, 8)).buffer).getBigUint64(0, true)) : 0;
    sizes.set(name, source.size - header);
    const read: typeof source.read = (offset, length) => {
      if (offset >= header) bytes.set(name, (bytes.get(name) ?? 0) + length);
      return source.read(offset, length);
    };
    return { ...source, read };
  };
  return { files: { ...files, open }, bytes, sizes };
}

/** A backend that says it can hold so much. */
class Small extends Forwarding {
  constructor(inner: Backend, private readonly most: number) {
    super(inner);
  }

  override get capacity(): number {
    return this.most;
  }
}

/** A picture of 8 steps, and how often each file of weights was read. */
async function draw(capacity: number, weightBudget: number) {
  const { files, bytes, sizes } = counted(toy);
  const model = await openModel(files, new Small(await wasm, capacity), { weightBudget });
  const { frames } = await generateVideo(model, { prompt: 'a red circle', frames: 1, seed: 5 });
  await model.close();
  const times = (name: string): number => bytes.get(name)! / sizes.get(name)!;
  return { pixels: frames.data, transformer: times('transformer.safetensors'), tokenizer: times('tokenizer.safetensors') };
}

describe('a model whose weights are', () => {
  const megabyte = 1e6;
  it.each([
    ['beside the backend but for a few', 4 * megabyte, Infinity],
    ['all beside it', 0, Infinity],
  ])('%s is read once and draws the same', async (_, capacity, budget) => {
    const expected = await draw(Infinity, Infinity);
    expect([expected.transformer, expected.tokenizer]).toEqual([1, 1]);
    const { pixels, transformer, tokenizer } = await draw(capacity, budget);
    expect(pixels).toEqual(expected.pixels);
    expect([transformer, tokenizer]).toEqual([1, 1]);
  });

  it('on the backend, beside it and on disk draws the same; what is on disk is read for every step', async () => {
    const { pixels } = await draw(Infinity, Infinity);
    const room = weightRoom(2 * megabyte, 4 * megabyte);
    expect(room).toEqual({ backend: megabyte, host: megabyte });
    const some = await draw(4 * megabyte, 2 * megabyte);
    const none = await draw(4 * megabyte, 0);
    expect(some.pixels).toEqual(pixels);
    expect(none.pixels).toEqual(pixels);
    expect(none.transformer).toBeGreaterThan(some.transformer + 1);
    expect(some.transformer).toBeGreaterThan(1);
  });
});

describe('placing weights', () => {
  it('fills the backend, then the host, in the order of the file, and never goes beyond', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 20 });
    fc.assert(fc.property(sizes, fc.nat(300), fc.nat(300), (rows, backend, host) => {
      const shapes = new Map(rows.map((n, i): [string, number[]] => [`blocks.${i >> 1}.w${i}`, [n]]));
      const storedBytes = (key: string): number => 4 * sizeOf(shapes.get(key)!);
      const { levels, bytes, left, largestLayer } = placeWeights({ shapes, storedBytes }, { backend, host });
      const order = ['backend', 'host', 'disk'];
      const places = [...levels.values()].map((level) => order.indexOf(level));
      expect(places).toEqual(places.toSorted());
      for (const level of ['backend', 'host'] as const) expect(left[level]).toBeGreaterThanOrEqual(0);
      expect(left).toEqual({ backend: backend - bytes.backend, host: host - bytes.host });
      expect(bytes.backend + bytes.host + bytes.disk).toBe(4 * rows.reduce((sum, n) => sum + n, 0));
      const off = rows.map((n, i) => (places[i] > 0 ? 4 * n : 0));
      expect(largestLayer).toBe(Math.max(0, ...off.map((size, i) => (i % 2 === 0 ? size + (off[i + 1] ?? 0) : 0))));
    }));
  });

  it('gives the backend a quarter of what it can hold, and the host the rest of the budget', () => {
    expect(weightRoom(10, 100)).toEqual({ backend: 10, host: 0 });
    expect(weightRoom(80, 100)).toEqual({ backend: 25, host: 55 });
    expect(weightRoom(Infinity, 100)).toEqual({ backend: 25, host: Infinity });
    expect(weightRoom(Infinity)).toEqual({ backend: Infinity, host: 0 });
  });

  it('is what the memory is estimated from: a layer passes through, and is read ahead where it comes from disk', async () => {
    const whole = (await checkModelFiles(toy, weightRoom(Infinity))).weights;
    expect(whole.host).toBe(0);
    const { weights } = await checkModelFiles(toy, { backend: 1_000_000, host: 500_000 });
    expect(weights.backend).toBeGreaterThan(1_000_000);
    expect(weights.backend).toBeLessThan(whole.backend);
    const part = { levels: new Map(), left: { backend: 0, host: 0 } } as const;
    const parts = [
      { ...part, bytes: { backend: 70, host: 20, disk: 0 }, largestLayer: 10 },
      { ...part, bytes: { backend: 0, host: 5, disk: 30 }, largestLayer: 15 },
    ];
    expect(bytesInMemory(parts)).toEqual({ backend: 85, host: 55 });
    expect(bytesInMemory(parts.slice(0, 1))).toEqual({ backend: 80, host: 20 });
  });
});
