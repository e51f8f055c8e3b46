/** The allocator: blocks never overlap, freed memory is found again, the end of memory is an error. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Block } from '../../backends/wasm/arena.ts';
import { Arena } from '../../backends/wasm/arena.ts';
import { UnsupportedError } from '../../src/errors.ts';

const PAGE = 65536;

function arena(pages = 2): Arena {
  return new Arena(new WebAssembly.Memory({ initial: pages, maximum: 64 }), 4096, () => undefined);
}

describe('the arena', () => {
  it('hands out blocks that do not overlap and lie within memory', () => {
    const steps = fc.array(fc.record({ bytes: fc.integer({ min: 0, max: 60_000 }), free: fc.nat() }), { maxLength: 60 });
    fc.assert(fc.property(steps, (list) => {
      const tested = arena();
      const held: Block[] = [];
      for (const { bytes, free } of list) {
        if (free % 3 > 0 && held.length > 0) tested.release(held.splice(free % held.length, 1)[0]);
        else held.push(checked(tested.allocate(bytes), bytes));
        const sorted = held.toSorted((a, b) => a.address - b.address);
        for (const [i, block] of sorted.entries()) {
          const end = sorted[i + 1]?.address ?? tested.memory.buffer.byteLength;
          expect(block.address + block.size).toBeLessThanOrEqual(end);
        }
        expect(tested.used).toBe(held.reduce((sum, block) => sum + block.size, 0));
      }
      for (const block of held) tested.release(block);
      expect(tested.used).toBe(0);
      // All merged again: one block takes nearly everything without growing.
      const size = tested.memory.buffer.byteLength;
      tested.allocate(size - 4096 - 64);
      expect(tested.memory.buffer.byteLength).toBe(size);
    }));
  });

  it('does not grow when the same is asked for again', () => {
    const tested = arena();
    const round = (): void => [5000, 90_000, 70, 30_000].map((bytes) => tested.allocate(bytes)).forEach((b) => tested.release(b));
    round();
    const size = tested.memory.buffer.byteLength;
    for (let i = 0; i < 100; i++) round();
    expect(tested.memory.buffer.byteLength).toBe(size);
  });

  it('names the request that does not fit', () => {
    const tested = arena();
    expect(() => tested.allocate(63 * PAGE + 10_000_000)).toThrow(UnsupportedError);
    expect(() => tested.allocate(2 ** 32)).toThrow(/4294967\d+ bytes/);
    tested.allocate(20 * PAGE); // and goes on
  });
});

function checked(block: Block, bytes: number): Block {
  expect(block.address % 64).toBe(0);
  expect(block.size).toBeGreaterThanOrEqual(bytes + 16); // kernels read one vector beyond
  return block;
}
