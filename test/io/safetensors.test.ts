import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostTensor, rowMajor, sizeOf } from '../../src/array/host.ts';
import { loadCase } from '../../src/conform/load.ts';
import { FileError, WeightError } from '../../src/errors.ts';
import { memorySource } from '../../src/io/byte-source.ts';
import { fileSource } from '../../src/io/files.ts';
import { bfloatToFloat, floatToBfloat, floatToHalf, halfToFloat } from '../../src/array/half.ts';
import { openSafetensors } from '../../src/io/safetensors.ts';
import { openSafetensorsPath, openShards } from '../../src/io/sharded-safetensors.ts';
import { parseStrictJson } from '../../src/io/strict-json.ts';
import type { TensorToWrite } from '../../src/io/write-safetensors.ts';
import { safetensorsChunks } from '../../src/io/write-safetensors.ts';

const golden = join(import.meta.dirname, '../../fixtures/golden/checkpoint');

interface Leaf {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly npz?: string;
}

async function bytesOf(tensors: readonly TensorToWrite[], metadata?: Record<string, string>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of safetensorsChunks(tensors, metadata)) chunks.push(chunk);
  return new Uint8Array(Buffer.concat(chunks));
}

async function touchAll(path: string): Promise<void> {
  const file = await openSafetensorsPath(path);
  try {
    for (const key of file.entries.keys()) await file.bytes(key);
  } finally {
    await file.close();
  }
}

describe('reading', () => {
  it.each(['safetensors-single', 'safetensors-sharded', 'safetensors-empty'])('%s', async (name) => {
    const c = loadCase(join(golden, name));
    const file = await openSafetensorsPath(join(golden, name, c.config.string('file')));
    const items = (c.json.value as { items: [{ v: string }, Leaf][] }).items;
    expect([...file.shapes.keys()].sort()).toEqual(items.map(([key]) => key.v).sort());
    for (const [{ v: key }, { dtype, shape, npz }] of items) {
      expect(file.shapes.get(key)).toEqual(shape);
      if (npz !== undefined && dtype.includes('float')) {
        expect([...rowMajor(await file.tensor(key))]).toEqual([...rowMajor(c.expected(npz))]);
      } else {
        await expect(file.tensor(key)).rejects.toThrow('a floating-point tensor');
      }
    }
    if (c.json.metadata !== undefined) expect(Object.fromEntries(file.metadata)).toEqual(c.json.metadata);
    await expect(file.tensor('nowhere')).rejects.toThrow(WeightError);
    await file.close();
  });

  for (const name of ['hostile-safetensors', 'hostile-index']) {
    describe(name, () => {
      const files = loadCase(join(golden, name)).config.objects('files');
      it.each(files.map((file) => [file.string('file'), file.string('verdict'), file.string('reason')]))(
        '%s is %s: %s',
        async (file, verdict) => {
          const outcome = await touchAll(join(golden, name, file)).then(() => 'accepted', (error: unknown) => error);
          if (verdict === 'accepted') expect(outcome).toBe('accepted');
          if (verdict === 'rejected') expect(outcome).toBeInstanceOf(FileError);
          if (outcome !== 'accepted') expect(outcome).toBeInstanceOf(FileError);
          expect(({} as Record<string, unknown>).dtype).toBeUndefined();
        },
      );
    });
  }

  it('survives every truncation and any changed byte', async () => {
    const whole = new Uint8Array(readFileSync(join(golden, 'safetensors-single/model.safetensors')));
    for (let length = 0; length < whole.length; length++) {
      await expect(openSafetensors(memorySource(whole.subarray(0, length), 'cut'))).rejects.toThrow(FileError);
    }
    const flip = fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }));
    await fc.assert(fc.asyncProperty(flip, async ([at, change]) => {
      const damaged = whole.slice();
      damaged[at] ^= change;
      const error = await openSafetensors(memorySource(damaged, 'flip')).then(() => undefined, (e: unknown) => e);
      return error === undefined || error instanceof FileError;
    }), { numRuns: 2000 });
  });

  it('opens no shard before all names are checked', async () => {
    const opened: string[] = [];
    const index = new TextEncoder().encode('{"weight_map":{"a":"good.safetensors","b":"../b.safetensors"}}');
    const open = (shard: string) => {
      opened.push(shard);
      return fileSource(shard);
    };
    await expect(openShards(index, 'index', open)).rejects.toThrow('plain name');
    expect(opened).toEqual([]);
  });

  it('finds the usual names in a folder', async () => {
    const file = await openSafetensorsPath(join(golden, 'safetensors-sharded'));
    expect(file.name).toMatch(/model\.safetensors\.index\.json$/);
    await file.close();
    expect(readdirSync(join(golden, 'safetensors-empty'))).toContain('model.safetensors');
    await (await openSafetensorsPath(join(golden, 'safetensors-empty'))).close();
  });
});

describe('writing', () => {
  const types = fc.constantFrom('F32' as const, 'F16' as const, 'BF16' as const);
  const shapes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 });

  it('reads back what was written, in order, rounded once', async () => {
    const tensor = fc.record({ key: fc.string(), shape: shapes, dtype: types, seed: fc.float({ noNaN: true }) });
    const list = fc.uniqueArray(tensor, { selector: ({ key }) => key, maxLength: 6 });
    await fc.assert(fc.asyncProperty(list, fc.dictionary(fc.string(), fc.string()), async (items, metadata) => {
      const values = items.map(({ shape, seed }) => {
        return hostTensor(Float32Array.from({ length: sizeOf(shape) }, (_, i) => seed * (i + 1)), shape);
      });
      const tensors = items.map((item, i) => ({ ...item, values: () => values[i] }));
      const file = await openSafetensors(memorySource(await bytesOf(tensors, metadata), 'written'));
      // As sets: objects list names that are numbers first.
      expect(new Set(file.shapes.keys())).toEqual(new Set(items.map(({ key }) => key)));
      expect(new Map(file.metadata)).toEqual(new Map(Object.entries(metadata)));
      for (const [i, { key, dtype }] of items.entries()) {
        const data = values[i].data;
        const rounded = dtype === 'F16' ? halfToFloat(floatToHalf(data)) : bfloatToFloat(floatToBfloat(data));
        expect([...rowMajor(await file.tensor(key))]).toEqual([...(dtype === 'F32' ? data : rounded)]);
      }
    }));
  });

  it('refuses a key that comes twice and values of another shape', async () => {
    const one = { key: 'a', shape: [2], dtype: 'F32' as const, values: () => hostTensor(Float32Array.of(1, 2), [2]) };
    await expect(bytesOf([one, one])).rejects.toThrow("tensors: expected every key once, got 'a'");
    await expect(bytesOf([{ ...one, shape: [3] }])).rejects.toThrow('a: expected shape [3], got [2]');
  });
});

it.each([[32, true], [33, false], [300, false]])('%i axes are read: %s', async (rank, read) => {
  const json = JSON.stringify({ a: { dtype: 'U8', shape: Array<number>(rank).fill(1), data_offsets: [0, 1] } });
  const bytes = Uint8Array.from([json.length & 255, json.length >> 8, 0, 0, 0, 0, 0, 0, ...new TextEncoder().encode(json), 7]);
  const opened = openSafetensors(memorySource(bytes, 'x'));
  if (read) expect((await opened).shapes.get('a')).toHaveLength(rank);
  else await expect(opened).rejects.toThrow(`x: a: has ${rank} axes; at most 32 are read`);
});

describe('parseStrictJson', () => {
  const parse = (text: string) => parseStrictJson(new TextEncoder().encode(text), 'file');

  it('reads what JSON.parse reads', () => {
    fc.assert(fc.property(fc.json({ maxDepth: 4 }), (text) => {
      expect(parse(text)).toEqual(JSON.parse(text));
    }));
  });

  const twice = ['{"a":1,"a":1}', '{"x":{"a":1,"\\u0061":1}}', '[{"a":1},{"b":{"c":0,"c":0}}]', '{"":0,"":1}'];
  it.each(twice)('refuses %s', (text) => {
    expect(() => parse(text)).toThrow('duplicate name');
  });

  it('allows equal names in different objects, and names as values', () => {
    expect(parse('{"a":{"a":"a"},"b":["a","a"]}')).toEqual({ a: { a: 'a' }, b: ['a', 'a'] });
  });

  it('refuses more values than any file needs, in little memory', () => {
    expect(() => parse(`[${'[],'.repeat(2_000_001)}0]`)).toThrow('more than 2000000 values'); // 6 MB that would become 100
    expect(() => parse(`"${'x'.repeat(2 ** 25)}"`)).toThrow('is refused: 33554434 bytes of JSON; at most 33554432 are read');
  });

  it('finds the end of strings however they end', () => {
    for (const text of ['"a\\\\"', '{"\\\\\\"":"{[\\\\"}', '["\\"","]"]']) expect(parse(text)).toEqual(JSON.parse(text));
    expect(() => parse('["a]')).toThrow(FileError);
  });

  it('refuses deep nesting, a byte order mark and what is not UTF-8', () => {
    expect(() => parse('['.repeat(100_000))).toThrow(/nested/);
    expect(() => parse('\ufeff{}')).toThrow(FileError);
    expect(() => parseStrictJson(Uint8Array.of(0x22, 0xff, 0x22), 'file')).toThrow(FileError);
  });
});
