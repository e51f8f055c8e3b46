/** GGUF files: what is written is read, to the bit; what is damaged ends in an error that says so. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quantizeBlocks } from '../../src/array/block-matrix.ts';
import { floatToHalf } from '../../src/array/half.ts';
import type { StoredValues } from '../../src/array/stored.ts';
import { FileError, InfinityStarError } from '../../src/errors.ts';
import type { GgufFile } from '../../src/gguf/read.ts';
import { isGguf, openGguf } from '../../src/gguf/read.ts';
import { ggufName, t5Keys } from '../../src/gguf/t5-names.ts';
import type { GgufTensorToWrite, NoteToWrite } from '../../src/gguf/write.ts';
import { ggufChunks } from '../../src/gguf/write.ts';
import { memorySource } from '../../src/io/byte-source.ts';
import { random } from '../backend/arrays.ts';

async function bytesOf(
  tensors: readonly GgufTensorToWrite[], notes: ReadonlyMap<string, NoteToWrite> = new Map(),
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of ggufChunks(tensors, notes)) chunks.push(chunk);
  return Uint8Array.from(Buffer.concat(chunks));
}

function tensor(key: string, type: GgufTensorToWrite['type'], values: StoredValues): GgufTensorToWrite {
  return { key, type, shape: values.shape, values: () => Promise.resolve(values) };
}

const halves = { type: 'f16', bits: floatToHalf(random([3, 5], 1).data), shape: [3, 5] } as const;
const TENSORS = [
  tensor('norm', 'f32', random([7], 2)),
  tensor('half', 'f16', halves),
  tensor('eight', 'q8_0', quantizeBlocks('q8_0', random([4, 64], 3))),
  tensor('four', 'q4_0', quantizeBlocks('q4_0', random([2, 32], 4))),
  tensor('k', 'q4_k', quantizeBlocks('q4_k', random([3, 512], 5))),
];
const NOTES = new Map<string, NoteToWrite>([
  ['general.architecture', 'infinitystar'], ['count', 36], ['epsilon', 1e-6], ['gated', true], ['words', ['a', 'b', '']],
  ['scores', Float32Array.of(-1.5, 0)], ['kinds', Int32Array.of(1, 2)],
]);

const open = (bytes: Uint8Array): Promise<GgufFile> => openGguf(memorySource(bytes, 'model.gguf'));

describe('a file', () => {
  it('is read as it was written', async () => {
    const bytes = await bytesOf(TENSORS, NOTES);
    expect(isGguf(bytes)).toBe(true);
    const file = await open(bytes);
    expect([...file.metadata]).toEqual([
      ['general.architecture', 'infinitystar'], ['count', 36], ['epsilon', Math.fround(1e-6)], ['gated', true],
      ['words', ['a', 'b', '']], ['scores', [-1.5, 0]], ['kinds', [1, 2]],
    ]);
    for (const { key, shape, values } of TENSORS) {
      const [got, want] = [await file.stored(key), await values()];
      expect(got.shape).toEqual(shape);
      if ('blocks' in want) expect(got).toEqual(want);
      else if ('bits' in want) expect((got as typeof want).bits).toEqual(want.bits);
      else expect((await file.tensor(key)).data).toEqual(want.data);
    }
    expect(file.storedBytes('k')).toBe(3 * 2 * 144);
  });

  it('has its bytes where the format says', async () => {
    const bytes = await bytesOf([tensor('w', 'q8_0', quantizeBlocks('q8_0', random([2, 32], 3)))], new Map([['general.alignment', 32]]));
    const view = new DataView(bytes.buffer);
    expect(new TextDecoder().decode(bytes.subarray(0, 4))).toBe('GGUF');
    expect([view.getUint32(4, true), view.getBigUint64(8, true), view.getBigUint64(16, true)]).toEqual([3, 1n, 1n]);
    const at = 24 + 8 + 17 + 4 + 4; // after the note
    expect([view.getBigUint64(at, true), bytes[at + 8], view.getUint32(at + 9, true)]).toEqual([1n, 'w'.charCodeAt(0), 2]);
    // The last axis first, then type 8 and place 0.
    expect([view.getBigUint64(at + 13, true), view.getBigUint64(at + 21, true)]).toEqual([32n, 2n]);
    expect([view.getUint32(at + 29, true), view.getBigUint64(at + 33, true)]).toEqual([8, 0n]);
    expect(bytes.length).toBe(Math.ceil((at + 41) / 32) * 32 + 96);
  });
});

describe('a damaged file', () => {
  it('is refused in words, wherever a byte is wrong or missing', async () => {
    const bytes = await bytesOf(TENSORS, NOTES);
    const damage = fc.record({
      cut: fc.option(fc.nat(bytes.length - 1)),
      changes: fc.array(fc.tuple(fc.nat(700), fc.nat(255)), { minLength: 1, maxLength: 8 }),
    });
    await fc.assert(fc.asyncProperty(damage, async ({ cut, changes }) => {
      const broken = bytes.slice(0, cut ?? bytes.length);
      for (const [at, byte] of changes) if (at < broken.length) broken[at] = byte;
      try {
        const file = await open(broken);
        for (const key of file.shapes.keys()) await file.tensor(key);
      } catch (error) {
        expect(error).toBeInstanceOf(InfinityStarError);
      }
    }), { numRuns: 3000 });
  });

  it.each([
    ['counts of tensors beyond reason', 8, 2n ** 40n, /tensors/],
    ['counts of notes beyond reason', 16, 2n ** 63n, /notes/],
    ['a key longer than the file', 24, 10n ** 6n, /truncated/],
  ])('%s', async (_, at, value, message) => {
    const bytes = await bytesOf(TENSORS, NOTES);
    new DataView(bytes.buffer).setBigUint64(at, value, true);
    await expect(open(bytes)).rejects.toThrow(message);
  });

  it.each([
    ['a type that is not read', (view: DataView, at: number) => view.setUint32(at + 21, 14, true), /q6_k/],
    ['a place off the file', (view: DataView, at: number) => view.setBigUint64(at + 25, 4096n, true), /truncated/],
    ['a place between two others', (view: DataView, at: number) => view.setBigUint64(at + 25, 4n, true), /multiple of 32/],
    ['too many axes', (view: DataView, at: number) => view.setUint32(at + 9, 5, true), /axes/],
    ['an absurd extent', (view: DataView, at: number) => view.setBigUint64(at + 13, 2n ** 60n, true), /absurd/],
  ])('%s', async (_, change, message) => {
    const bytes = await bytesOf([tensor('w', 'f32', random([4], 1))]);
    change(new DataView(bytes.buffer), 24);
    await expect(open(bytes)).rejects.toThrow(message);
  });

  it('tensors over each other', async () => {
    const bytes = await bytesOf([tensor('a', 'f32', random([16], 1)), tensor('b', 'f32', random([16], 1))]);
    new DataView(bytes.buffer).setBigUint64(24 + 33 + 25, 32n, true);
    await expect(open(bytes)).rejects.toThrow(/overlapping data before 'b'/);
  });

  it('another kind of file', async () => {
    await expect(open(new TextEncoder().encode('PK not a model at all'))).rejects.toThrow(FileError);
    await expect(open(new Uint8Array())).rejects.toThrow(FileError);
  });
});

describe('names of a T5 encoder', () => {
  const keys = (wideners: readonly string[]): string[] => [
    'shared.weight', 'encoder.final_layer_norm.weight', 'encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight',
    'encoder.block.11.layer.0.SelfAttention.q.weight', 'encoder.block.11.layer.1.DenseReluDense.wo.weight',
    ...wideners.map((name) => `encoder.block.11.layer.1.DenseReluDense.${name}.weight`),
  ];

  it.each([[['wi']], [['wi_0', 'wi_1']]])('are undone: %j', (wideners) => {
    const names = keys(wideners).map(ggufName);
    expect(new Set(names).size).toBe(names.length);
    expect(new Map(t5Keys(names))).toEqual(new Map(keys(wideners).map((key) => [key, ggufName(key)])));
    for (const name of names) expect(name.length).toBeLessThan(64);
  });

  it('are those of other programs', () => {
    expect(ggufName('encoder.block.3.layer.0.SelfAttention.q.weight')).toBe('enc.blk.3.attn_q.weight');
    expect(ggufName('encoder.block.3.layer.1.DenseReluDense.wi_0.weight')).toBe('enc.blk.3.ffn_gate.weight');
    expect(ggufName('blocks.0.attn.q_proj.weight')).toBe('blocks.0.attn.q_proj.weight');
  });
});
