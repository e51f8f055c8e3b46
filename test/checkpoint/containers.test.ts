/** What the golden files do not show: compressed records, the writer, refusals by name, files of other kinds. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unzipSync, zipSync } from 'fflate';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostTensor, sizeOf } from '../../src/array/host.ts';
import { isDict, isTensor, readCheckpoint } from '../../src/checkpoint/checkpoint.ts';
import type { Checkpoint } from '../../src/checkpoint/checkpoint.ts';
import { listCheckpoint } from '../../src/checkpoint/list.ts';
import { runPickle } from '../../src/checkpoint/pickle.ts';
import { torchEnvironment } from '../../src/checkpoint/torch-globals.ts';
import { torchZipChunks } from '../../src/checkpoint/write-torch-zip.ts';
import { elementValues } from '../../src/io/element-type.ts';
import { FileError } from '../../src/errors.ts';
import { memorySource } from '../../src/io/byte-source.ts';

const golden = join(import.meta.dirname, '../../fixtures/golden/checkpoint');
const open = (bytes: Uint8Array, name = 'file'): Promise<Checkpoint> => readCheckpoint(memorySource(bytes, name));

async function contents(checkpoint: Checkpoint): Promise<unknown[]> {
  const { tensors, constants } = listCheckpoint(checkpoint.value);
  const values = [];
  for (const { path, tensor } of tensors) values.push([path, tensor.type, tensor.shape, [...(await tensor.bytes())]]);
  return [...values, ...constants];
}

async function joined(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts = [];
  for await (const chunk of chunks) parts.push(chunk.slice());
  return Buffer.concat(parts);
}

describe('a zip checkpoint', () => {
  const original = new Uint8Array(readFileSync(join(golden, 'torch-nested/model.pt')));

  it('may be compressed', async () => {
    const packed = zipSync(unzipSync(original), { level: 9 });
    expect(packed).not.toEqual(original);
    expect(await contents(await open(packed))).toEqual(await contents(await open(original)));
  });

  it('must not unpack to another size than it declares', async () => {
    const members = unzipSync(original);
    const packed = zipSync(members, { level: 9 });
    for (let at = 0; at < packed.length - 46; at++) {
      // Of every compressed entry of the directory: one byte more than there is.
      const view = new DataView(packed.buffer, packed.byteOffset + at);
      if (view.getUint32(0, true) !== 0x02014b50 || view.getUint16(10, true) !== 8) continue;
      const lying = packed.slice();
      new DataView(lying.buffer).setUint32(at + 24, view.getUint32(24, true) + 1, true);
      const outcome = await open(lying).then(contents).catch((error: unknown) => error);
      const name = Buffer.from(packed.subarray(at + 46, at + 46 + view.getUint16(28, true))).toString();
      if (/data\.pkl$|data\//.test(name)) expect(outcome, name).toBeInstanceOf(FileError);
    }
  });
});

describe('the writer', () => {
  const shape = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });
  const key = fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' });

  it('writes what the reader reads', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.tuple(key, shape), { selector: ([name]) => name, maxLength: 6 }), async (entries) => {
        const tensors = entries.map(([name, extents], i) => {
          const values = Float32Array.from({ length: sizeOf(extents) }, (_, j) => i + j / 7);
          return { key: name, shape: extents, values: async () => hostTensor(values, extents) };
        });
        const { value } = await open(await joined(torchZipChunks('vae', tensors)));
        const state = isDict(value) ? value.entries.get('vae') : undefined;
        expect(isDict(state) && [...state.entries.keys()]).toEqual(entries.map(([name]) => name));
        for (const { key: name, shape: extents, values } of tensors) {
          const tensor = isDict(state) ? state.entries.get(name) : undefined;
          if (!isTensor(tensor)) throw new Error('no tensor');
          expect(tensor.shape).toEqual(extents);
          expect(elementValues(tensor.type, await tensor.bytes())).toEqual((await values()).data);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('writes an archive that other programs read', async () => {
    const values = Float32Array.of(1, 2, 3);
    const file = await joined(torchZipChunks('vae', [{ key: 'a', shape: [3], values: async () => hostTensor(values, [3]) }]));
    const members = unzipSync(file);
    expect(Object.keys(members)).toEqual(['archive/data.pkl', 'archive/byteorder', 'archive/data/0', 'archive/version']);
    expect(new Uint8Array(members['archive/data/0'])).toEqual(new Uint8Array(values.buffer));
  });
});

describe('a pickle', () => {
  const run = (program: string) => {
    return runPickle(Uint8Array.from(program, (character) => character.charCodeAt(0)), 'file', torchEnvironment('file'));
  };

  it.each(['os.system', 'builtins.eval', 'torch.load', 'torch._utils._import_dotted_name', 'collections.namedtuple', 'numpy.core.multiarray.set_string_function'])(
    'may not name %s',
    (name) => {
      const at = name.lastIndexOf('.');
      const [module, global] = [name.slice(0, at), name.slice(at + 1)];
      expect(() => run(`c${module}\n${global}\n0N.`)).toThrow(`names '${name}'`);
      expect(() => run(`i${module}\n${global}\n.`)).toThrow(`names '${name}'`);
    },
  );

  it.each([
    ['K\x05.', 5n], ['M\x01\x02.', 513n], ['J\xff\xff\xff\xff.', -1n], ['I-12\n.', -12n], ['I01\n.', true], ['L-5L\n.', -5n],
    ['\x8a\x00.', 0n], ['\x8a\x02\x00\x80.', -32768n], ['\x8b\x01\x00\x00\x00\x7f.', 127n],
    ['F-1.5e3\n.', -1500], ['Fnan\n.', NaN], ['G\x3f\xf8\x00\x00\x00\x00\x00\x00.', 1.5], ['U\x02ab.', 'ab'], ['N.', null],
    ['((K\x01K\x02210K\x07.', 7n], ['K\x09p5\n0g5\n.', 9n], ['K\x09r\x00\x01\x00\x000j\x00\x01\x00\x00.', 9n],
  ] as const)('%j gives its constant', (program, value) => {
    expect(run(program)).toEqual({ value, end: program.length });
  });

  it('stops where it ends', () => {
    expect(run('N.garbage').end).toBe(2);
  });
});

it.each(['', 'P', 'PK', 'PK\x03\x04', '{}', '<html>', 'version https://git-lfs.github.com/spec/v1\n', '\x80\x02.', '\x89PNG\r\n\x1a\n{{{{'])(
  'a file that is %j is refused',
  async (text) => {
    await expect(open(Uint8Array.from(text, (character) => character.charCodeAt(0)))).rejects.toThrow(FileError);
  },
);

it('nothing in a hostile pickle is run, and no prototype changes', async () => {
  const folder = join(golden, 'hostile-pickle-code');
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.pt'))) {
    const outcome = await open(new Uint8Array(readFileSync(join(folder, name)))).catch((error: unknown) => error);
    expect(outcome instanceof FileError, name).toBe(name !== 'control.pt');
  }
  await contents(await open(new Uint8Array(readFileSync(join(golden, 'torch-odd-keys/model.pt')))));
  for (const place of [folder, process.cwd()]) expect(existsSync(join(place, 'hostile-file-was-run'))).toBe(false);
  expect('polluted' in {}).toBe(false);
});
