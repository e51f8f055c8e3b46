/** Damaged files: whatever bytes change or go missing, there is a value or one typed error, soon and in little memory. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Checkpoint, CheckpointValue } from '../../src/checkpoint/checkpoint.ts';
import { isDict, isList, isTensor, readCheckpoint, tensorBytes } from '../../src/checkpoint/checkpoint.ts';
import { runPickle } from '../../src/checkpoint/pickle.ts';
import { checkTree } from '../../src/checkpoint/pickle-tree.ts';
import { torchEnvironment } from '../../src/checkpoint/torch-globals.ts';
import { InfinityStarError } from '../../src/errors.ts';
import { memorySource } from '../../src/io/byte-source.ts';

const golden = join(import.meta.dirname, '../../fixtures/golden/checkpoint');
const files = [
  'torch-nested/model.pt', 'torch-nested-protocol4/model.pt', 'torch-views/model.pt', 'torch-zip64/model.pt',
  'torch-zip-unaligned/model.pt', 'torch-legacy-nested/model.pth', 'torch-legacy-views/model.pth',
  'safetensors-single/model.safetensors',
].map((file) => [file, new Uint8Array(readFileSync(join(golden, file)))] as const);

/** @returns whether it could be read in full. Errors that are not typed pass through. */
async function readAll(bytes: Uint8Array): Promise<boolean> {
  const started = performance.now();
  try {
    const checkpoint: Checkpoint = await readCheckpoint(memorySource(bytes, 'file'));
    await readTensors(checkpoint.value);
    return true;
  } catch (error) {
    if (!(error instanceof InfinityStarError)) throw error;
    expect(error.message).not.toContain('\n');
    expect(error.message.length).toBeLessThan(400);
    return false;
  } finally {
    expect(performance.now() - started).toBeLessThan(2000);
  }
}

async function readTensors(value: CheckpointValue): Promise<void> {
  if (isTensor(value)) expect((await value.bytes()).length).toBe(tensorBytes(value));
  if (isDict(value)) for (const item of value.entries.values()) await readTensors(item);
  if (isList(value)) for (const item of value.items) await readTensors(item);
}

describe.each(files)('%s', (_name, original) => {
  it('is read whole', async () => {
    expect(await readAll(original)).toBe(true);
  });

  it('is refused or read with changed bytes', async () => {
    const change = fc.record({ at: fc.nat(original.length - 1), byte: fc.nat(255) });
    const before = process.memoryUsage().rss;
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        const bytes = original.slice();
        for (const { at, byte } of changes) bytes[at] = byte;
        await readAll(bytes);
      }),
      { numRuns: 400 },
    );
    expect(process.memoryUsage().rss - before).toBeLessThan(2 ** 30);
  });

  it('is refused when it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(original.length - 1), async (length) => {
        expect(await readAll(original.slice(0, length))).toBe(false);
      }),
      { numRuns: 200 },
    );
  });

  it('is refused or read when a part is missing, doubled or moved', async () => {
    const place = fc.nat(original.length);
    await fc.assert(
      fc.asyncProperty(place, place, place, async (from, to, into) => {
        const [head, part, tail] = [original.subarray(0, into), original.subarray(from, to), original.subarray(into)];
        await readAll(Uint8Array.from([...head, ...part, ...tail]));
        await readAll(Uint8Array.from([...original.subarray(0, from), ...original.subarray(to)]));
      }),
      { numRuns: 100 },
    );
  });
});

describe('pickles of random opcodes', () => {
  // Whole instructions, so that many programs get far; and a few broken ones.
  const instructions = [
    'N', '\x88', 'K\x01', 'K\x00', 'X\x01\x00\x00\x00a', '(', '(', ')', ']', '}', '2', '0', 't', 'l', 'd', 'a', 'e', 's', 'u',
    '\x85', '\x86', '\x87', 'q\x00', 'h\x00', '\x94', 'R', 'b', 'Q', 'o', '\x81', 'L5L\n', 'F1.5\n', '1', '\x8a\x02\x00\xff',
    'ccollections\nOrderedDict\n)R', 'ctorch._utils\n_rebuild_tensor_v2\n', 'ctorch\nFloatStorage\n', 'X\x07\x00\x00\x00storage',
    'icollections\nOrderedDict\n', '\x8b\xff\xff\xff\xff', 'X\xff\xff\xff\x7f', '\x95\x01\x00\x00\x00\x00\x00\x00\x00', 'I0',
  ];
  const program = fc.array(fc.constantFrom(...instructions), { maxLength: 25 }).map((parts) => [...parts, '.']);

  it('give a value or a typed error', () => {
    let values = 0;
    fc.assert(
      fc.property(program, (parts) => {
        const bytes = Uint8Array.from(parts.join(''), (character) => character.charCodeAt(0));
        try {
          checkTree(runPickle(bytes, 'file', torchEnvironment('file')).value, 'file');
          values += 1;
        } catch (error) {
          if (!(error instanceof InfinityStarError)) throw error;
        }
      }),
      { numRuns: 20_000 },
    );
    expect(values).toBeGreaterThan(200);
  });
});

describe('shared parts', () => {
  const shared = (levels: number): Uint8Array => {
    // A list; then lists of twice the one before, by DUP inside a tuple.
    const parts = ['\x80\x02]', ...Array.from({ length: levels }, () => '2\x86')];
    return Uint8Array.from(`${parts.join('')}.`, (character) => character.charCodeAt(0));
  };

  it('are counted as often as they appear', () => {
    const read = (levels: number) => {
      const { value } = runPickle(shared(levels), 'file', torchEnvironment('file'));
      checkTree(value, 'file');
    };
    expect(() => { read(18); }).not.toThrow();
    expect(() => { read(40); }).toThrow('more than');
    expect(() => { read(30_000); }).toThrow(InfinityStarError);
  });
});
