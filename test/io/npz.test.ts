import fc from 'fast-check';
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { hostTensor, rowMajor, sizeOf } from '../../src/array/host.ts';
import type { HostArray } from '../../src/array/host.ts';
import { InfinityStarError } from '../../src/errors.ts';
import { readNpy, writeNpy } from '../../src/io/npy.ts';
import { readNpz, writeNpz } from '../../src/io/npz.ts';

const shapes = fc.array(fc.nat({ max: 4 }), { minLength: 1, maxLength: 5 });

const arrays: fc.Arbitrary<HostArray> = shapes.chain((shape) => {
  const size = sizeOf(shape);
  const of = { minLength: size, maxLength: size };
  return fc.oneof(
    fc.float32Array(of).map((values) => hostTensor(Float32Array.from(values), shape)),
    fc.int32Array(of).map((values) => hostTensor(Int32Array.from(values), shape)),
    fc.uint8Array(of).map((values) => hostTensor(Uint8Array.from(values), shape)),
  );
});

function expectEqual(got: HostArray, expected: HostArray): void {
  expect(got.shape).toEqual(expected.shape);
  expect(got.data.constructor).toBe(expected.data.constructor);
  expect(rowMajor(got)).toEqual(rowMajor(expected));
}

describe('.npy', () => {
  it('round-trips every type and shape', () => {
    fc.assert(fc.property(arrays, (array) => expectEqual(readNpy(writeNpy(array), 'x'), array)));
  });

  it('writes a strided view in row-major order', () => {
    const view = hostTensor(new Float32Array([0, 1, 2, 3, 4, 5]), [2, 3]).transpose(1, 0);
    expect([...rowMajor(readNpy(writeNpy(view), 'x'))]).toEqual([0, 3, 1, 4, 2, 5]);
  });

  it('refuses a shape that the bytes do not fill', () => {
    const bytes = writeNpy(hostTensor(new Float32Array(6), [2, 3]));
    expect(() => readNpy(bytes.subarray(0, bytes.length - 1), 'short')).toThrow(/short: shape \[2, 3\] needs 24 bytes, the file has 23/);
  });

  it('answers damage with a typed error or an array, never otherwise', () => {
    const bytes = writeNpy(hostTensor(Float32Array.from({ length: 24 }, (_, i) => i), [2, 3, 4]));
    fc.assert(
      fc.property(fc.nat({ max: bytes.length - 1 }), fc.nat({ max: 255 }), fc.nat({ max: bytes.length }), (at, value, length) => {
        const damaged = bytes.slice(0, length);
        if (at < length) damaged[at] = value;
        try {
          readNpy(damaged, 'x');
        } catch (error) {
          expect(error).toBeInstanceOf(InfinityStarError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('.npz', () => {
  it('round-trips names with slashes', () => {
    const members = fc.dictionary(fc.stringMatching(/^[a-z]{1,5}(\/[a-z0-9]{1,5})?$/), arrays, { maxKeys: 4 });
    fc.assert(
      fc.property(members, (record) => {
        const read = readNpz(writeNpz(new Map(Object.entries(record))), 'x');
        expect([...read.keys()].sort()).toEqual(Object.keys(record).sort());
        for (const [name, array] of Object.entries(record)) expectEqual(read.get(name)!, array);
      }),
      { numRuns: 50 },
    );
  });

  it('unpacks only what is wanted', () => {
    const archive = writeNpz(new Map([['a', hostTensor(new Uint8Array(1), [1])], ['b', hostTensor(new Uint8Array(1), [1])]]));
    expect([...readNpz(archive, 'x', (member) => member === 'b').keys()]).toEqual(['b']);
  });

  it('answers damage with a typed error or arrays, never otherwise', () => {
    const bytes = writeNpz(new Map([['in/x', hostTensor(Float32Array.from({ length: 40 }, (_, i) => i), [5, 8])]]));
    fc.assert(
      fc.property(fc.nat({ max: bytes.length - 1 }), fc.nat({ max: 255 }), fc.nat({ max: bytes.length }), (at, value, length) => {
        const damaged = bytes.slice(0, length);
        if (at < length) damaged[at] = value;
        try {
          readNpz(damaged, 'x');
        } catch (error) {
          expect(error).toBeInstanceOf(InfinityStarError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a dishonest .npz', () => {
  const members = new Map([['a', hostTensor(new Float32Array(600), [600])], ['b', hostTensor(new Float32Array(600), [600])]]);
  /** The directory's entries, changed one by one. */
  const changed = (bytes: Uint8Array, change: (entry: DataView, first: DataView) => void): Uint8Array => {
    const copy = bytes.slice();
    const entries: DataView[] = [];
    for (let at = 0; at + 46 < copy.length; at++) {
      const view = new DataView(copy.buffer, at);
      if (view.getUint32(0, true) === 0x02014b50) entries.push(view);
    }
    for (const entry of entries) change(entry, entries[0]);
    return copy;
  };

  it('whose members overlap is refused: a few bytes would become many', () => {
    // Both entries name the bytes of the first.
    const overlapping = changed(writeNpz(members), (entry, first) => {
      for (const at of [16, 20, 24, 42]) entry.setUint32(at, first.getUint32(at, true), true);
    });
    expect(() => readNpz(overlapping, 'x')).toThrow(/^x: 'b\.npy': overlaps another member$/);
  });

  it('whose checksum is wrong is refused, also if that is 0', () => {
    const flipped = changed(writeNpz(members), (entry) => { entry.setUint32(16, entry.getUint32(16, true) ^ 1, true); });
    const zero = changed(writeNpz(members), (entry) => { entry.setUint32(16, 0, true); });
    for (const bytes of [flipped, zero]) expect(() => readNpz(bytes, 'x')).toThrow(/'a\.npy': is damaged: its checksum \(CRC-32\) is wrong/);
  });

  it('that unpacks to more than the budget is refused before it is unpacked', () => {
    const [megabytes, zeros] = [60, new Uint8Array(2 ** 20)];
    const bomb = zipSync(Object.fromEntries(Array.from({ length: 2 * megabytes }, (_, i) => [`${i}.npy`, zeros])), { level: 9 });
    expect(bomb.length).toBeLessThan(2 ** 18);
    expect(() => readNpz(bomb, 'x')).toThrow(/^x: is refused: what its members unpack to would take 125829120 bytes/);
    const half = zipSync(Object.fromEntries(Array.from({ length: megabytes }, (_, i) => [`${i}.npy`, zeros])), { level: 9 });
    expect(() => readNpz(half, 'x')).toThrow('not a .npy array'); // what is within the budget is unpacked
  });

  it.each([[32, true], [33, false], [1000, false]])('array of %i axes is read: %s', (rank, read) => {
    const text = `{'descr': '|u1', 'fortran_order': False, 'shape': (${'1, '.repeat(rank)}), }\n`;
    const header = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, text.length & 255, text.length >> 8);
    const bytes = Uint8Array.from([...header, ...new TextEncoder().encode(text), 7]);
    if (read) expect(readNpy(bytes, 'x').shape).toHaveLength(rank);
    else expect(() => readNpy(bytes, 'x')).toThrow(`x: is refused: ${rank} axes; at most 32 are read`);
  });
});
