import fc from 'fast-check';
import { PNG } from 'pngjs';
import { describe, expect, it } from 'vitest';
import { hostTensor } from '../../src/array/host.ts';
import { FileError } from '../../src/errors.ts';
import { decodePng, encodePng } from '../../src/io/png.ts';
import { readChunks, writeChunks } from '../../src/io/png-chunks.ts';
import { iend, ihdr, pngOf, zlibOf } from './png-build.ts';

/** 9×7 RGB without filters. */
const [width, height] = [9, 7];
const pixels = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 37) % 251);
const rows = (of: Uint8Array, count = height) => {
  const raw = new Uint8Array(count * (1 + width * 3));
  for (let row = 0; row < count; row++) raw.set(of.subarray(row * width * 3, (row + 1) * width * 3), row * (1 + width * 3) + 1);
  return raw;
};
const raw = rows(pixels);
const size = { width, height };
const withData = (data: Uint8Array) => writeChunks([ihdr(size), { type: 'IDAT', data }, iend]);
const join = (...parts: Uint8Array[]) => new Uint8Array(Buffer.concat(parts));

describe('the data of a PNG', () => {
  it('are refused, the same every time, when they end early', () => {
    for (let length = 0; length < raw.length; length++) {
      const cut = () => decodePng(pngOf({ ...size, raw: raw.subarray(0, length) }), 'a.png');
      expect(cut).toThrow('truncated');
      expect(cut).toThrow(FileError);
    }
    const data = zlibOf(raw);
    for (let length = 0; length < data.length; length++) {
      expect(() => decodePng(withData(data.subarray(0, length)), 'a.png')).toThrow('truncated');
    }
  });

  it('are read when there are more of them: bytes after the stream, chunks, rows', () => {
    const more = [
      withData(join(zlibOf(raw), Uint8Array.of(1, 2, 3, 4))),
      writeChunks([ihdr(size), { type: 'IDAT', data: zlibOf(raw) }, { type: 'IDAT', data: Uint8Array.of(9, 9) }, iend]),
      pngOf({ ...size, raw: join(raw, raw.subarray(0, 28)) }),
      pngOf({ ...size, raw: join(raw, raw, raw) }),
      join(pngOf({ ...size, raw }), Uint8Array.of(1, 2, 3)),
    ];
    for (const bytes of more) expect(decodePng(bytes, 'a.png').data).toEqual(pixels);
  });

  it('are refused when a bit of them is wrong, Adler-32 included', () => {
    const data = zlibOf(raw);
    for (let at = 0; at < data.length; at++) {
      const damaged = data.slice();
      damaged[at] ^= 1 << at % 8;
      expect(() => decodePng(withData(damaged), 'a.png')).toThrow(FileError);
    }
  });

  it('are not inflated without end', () => {
    const bomb = pngOf({ width: 8, height: 8, interlaced: true, raw: new Uint8Array(50_000_000) });
    expect(() => decodePng(bomb, 'a.png')).toThrow('far more data than it has pixels');
  });
});

describe('the chunks of a PNG', () => {
  const data = { type: 'IDAT', data: zlibOf(raw) };
  it.each([
    ['a second header', [ihdr(size), ihdr(size), data, iend], 'a second PNG chunk IHDR'],
    ['a larger second header', [ihdr(size), ihdr({ width: 32768, height: 3328 }), data, iend], 'a second PNG chunk IHDR'],
    ['a late header', [{ type: 'tEXt', data: new Uint8Array(2) }, ihdr(size), data, iend], 'no PNG header'],
    ['an unknown critical chunk', [ihdr(size), { type: 'CgBI', data: new Uint8Array(4) }, data, iend], 'CgBI'],
    ['data apart', [ihdr(size), data, { type: 'tEXt', data: new Uint8Array(2) }, data, iend], 'do not lie together'],
    ['no data', [ihdr(size), iend], 'without a picture'],
    ['a bad depth', [ihdr({ ...size, depth: 4 }), data, iend], '4 bits in PNG colour type 2'],
    ['a broken palette', [ihdr({ ...size, type: 3 }), { type: 'PLTE', data: new Uint8Array(4) }, data, iend], 'broken PNG palette'],
    ['a name of other bytes', [ihdr(size), { type: 'a\x1b[m', data: new Uint8Array(0) }, data, iend], 'no PNG chunk'],
  ])('with %s are refused', (_what, chunks, message) => {
    expect(() => decodePng(writeChunks(chunks), 'a.png')).toThrow(message);
  });

  it('claim no more memory than the budget of so small a file', () => {
    // 16384×4096 pixels of one bit are 8 MiB of data, but 192 MiB of pixels
    const one = { width: 16384, height: 4096, depth: 1, type: 0, raw: new Uint8Array(4096 * 2049) };
    expect(() => decodePng(pngOf(one), 'a.png')).toThrow(/201 MiB to read it; at most 161 are used/);
  });
});

const DEPTHS: Readonly<Record<number, number[]>> = { 0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16] };
const SAMPLES: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** Any kind of PNG with any filters. */
const anyPng = fc.record({
  type: fc.constantFrom(0, 2, 3, 4, 6),
  which: fc.nat(4),
  width: fc.integer({ min: 1, max: 20 }),
  height: fc.integer({ min: 1, max: 12 }),
  interlaced: fc.boolean(),
  seed: fc.nat(1 << 30),
});

describe('decodePng', () => {
  it('gives what pngjs gives, for every kind, filter and interlacing', () => {
    fc.assert(fc.property(anyPng, ({ type, which, width, height, interlaced, seed }) => {
      const depth = DEPTHS[type][which % DEPTHS[type].length];
      let state = seed + 1;
      const random = () => ((state = (Math.imul(state, 1103515245) + 12345) >>> 0), state >>> 16);
      const passes = interlaced
        ? ([[0, 0, 8, 8], [4, 0, 8, 8], [0, 4, 4, 8], [2, 0, 4, 4], [0, 2, 2, 4], [1, 0, 2, 2], [0, 1, 1, 2]] as const)
        : ([[0, 0, 1, 1]] as const);
      const data: number[] = [];
      for (const [x, y, dx, dy] of passes) {
        const [w, h] = [Math.ceil((width - x) / dx), Math.ceil((height - y) / dy)];
        if (w < 1 || h < 1) continue;
        for (let row = 0; row < h; row++) {
          data.push(random() % 5);
          for (let i = 0; i < Math.ceil((w * SAMPLES[type] * depth) / 8); i++) data.push(random() & 255);
        }
      }
      const palette = Uint8Array.from({ length: 3 * 2 ** Math.min(depth, 8) }, () => random() & 255);
      const more = type === 3 ? [{ type: 'PLTE', data: palette }] : [];
      const bytes = pngOf({ width, height, depth, type, interlaced, raw: Uint8Array.from(data) }, more);
      const theirs = PNG.sync.read(Buffer.from(bytes)).data.filter((_, i) => i % 4 !== 3); // (H, W, 3)
      const ours = decodePng(bytes, 'a.png');
      expect(ours.shape).toEqual([height, width, 3]);
      expect(Buffer.from(ours.data).equals(Buffer.from(theirs))).toBe(true);
    }), { numRuns: 400 });
  });

  it('reads a large picture of few bits in a moment', () => {
    const bytes = pngOf({ width: 3000, height: 3000, depth: 1, type: 0, raw: new Uint8Array(3000 * 376) });
    expect(decodePng(bytes, 'a.png').shape).toEqual([3000, 3000, 3]);
  });

  it('needs nothing of the chunks that the picture does not', () => {
    const bytes = encodePng(hostTensor(pixels, [height, width, 3]));
    const [header, ...rest] = readChunks(bytes, 'a.png');
    const text = { type: 'tEXt', data: Uint8Array.from({ length: 100 }, (_, i) => i) };
    expect(decodePng(writeChunks([header, text, ...rest]), 'a.png').data).toEqual(pixels);
  });
});
