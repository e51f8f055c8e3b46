import { describe, expect, it } from 'vitest';
import { FileError } from '../../src/errors.ts';
import { decodeGif } from '../../src/io/gif.ts';

/** Seven by five pixels of four colours: red, green, blue, nearly black; LZW codes of size 2. */
const PALETTE = [255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9];
const COLOURS = ['red', 'green', 'blue', 'black'];
const INDICES = [0, 1, 2, 3, 1, 1, 2, 0, 3, 1, 2, 2, 0, 1, 1, 0, 0, 3, 3, 2, 1, 0, 1, 2, 3, 0, 1, 2, 3, 3, 2, 1, 0, 1, 2];
const word = (value: number) => [value & 255, value >> 8];
const screen = (width: number, height: number) => [...Buffer.from('GIF89a'), ...word(width), ...word(height), 0xf1, 0, 0, ...PALETTE];
const END = 0x3b;

/** LZW without compression: a clear code before every other pixel keeps the codes 3 bits wide. */
function lzw(indices: readonly number[]): number[] {
  const codes = indices.flatMap((index) => [4, index]).concat(5);
  const bits = codes.map((code) => code.toString(2).padStart(3, '0').split('').toReversed().join('')).join('');
  const bytes = bits.match(/.{1,8}/g)!.map((part) => parseInt(part.split('').toReversed().join(''), 2));
  const blocks: number[] = [];
  for (let at = 0; at < bytes.length; at += 255) blocks.push(Math.min(255, bytes.length - at), ...bytes.slice(at, at + 255));
  return [2, ...blocks, 0];
}

const image = (x: number, y: number, width: number, height: number, indices: readonly number[] = INDICES, flags = 0) => {
  return [0x2c, ...word(x), ...word(y), ...word(width), ...word(height), flags, ...lzw(indices)];
};
const control = ({ disposal = 0, transparent = -1, delay = 10 }) => {
  return [0x21, 0xf9, 4, (disposal << 2) | Number(transparent >= 0), ...word(delay), Math.max(transparent, 0), 0];
};
const decode = (...parts: number[][]) => decodeGif(Uint8Array.from(parts.flat()), 'a.gif');

/** Names of the colours of frame t, row by row. */
function coloursOf({ frames }: ReturnType<typeof decode>, t: number): string[] {
  const [, height, width] = frames.shape as [number, number, number];
  return Array.from({ length: height * width }, (_, i) => {
    const pixel = [0, 1, 2].map((c) => frames.get(t, Math.floor(i / width), i % width, c));
    const place = [0, 1, 2, 3].find((k) => pixel.every((value, c) => value === PALETTE[3 * k + c]));
    return place === undefined ? 'white' : COLOURS[place];
  });
}

const WHOLE = INDICES.map((index) => COLOURS[index]);

describe('a graphic control block', () => {
  it('counts for the next picture and for no other', () => {
    const first = control({ transparent: 1, disposal: 2, delay: 20 });
    const video = decode(screen(7, 5), first, image(0, 0, 7, 5), image(0, 0, 7, 5), [END]);
    expect(coloursOf(video, 0)).toEqual(WHOLE.map((colour) => (colour === 'green' ? 'white' : colour)));
    expect(coloursOf(video, 1)).toEqual(WHOLE);
    expect(video.fps).toBe(200 / 30); // 20 hundredths, then none: shown for 10
  });

  it('goes over comments, texts and unknown blocks to the picture', () => {
    for (const label of [0xfe, 0x01, 0xff, 0x42]) {
      const between = [0x21, label, 2, 104, 105, 1, 33, 0];
      const video = decode(screen(7, 5), control({ transparent: 0 }), between, image(0, 0, 7, 5), [END]);
      expect(coloursOf(video, 0)).toEqual(WHOLE.map((colour) => (colour === 'red' ? 'white' : colour)));
    }
  });

  it('of another length is refused', () => {
    expect(() => decode(screen(7, 5), [0x21, 0xf9, 3, 0, 0, 0, 0], image(0, 0, 7, 5), [END])).toThrow('control block');
  });

  it('restores with value 4 as with 3', () => {
    for (const disposal of [3, 4]) {
      const dots = [image(0, 0, 1, 1, [3]), image(6, 4, 1, 1, [3])];
      const video = decode(screen(7, 5), image(0, 0, 7, 5), control({ disposal }), ...dots, [END]);
      expect(coloursOf(video, 2)).toEqual([...WHOLE.slice(0, 34), 'black']);
    }
  });
});

describe('a frame', () => {
  it('is cut off where it lies outside the screen', () => {
    const video = decode(screen(5, 5), image(0, 0, 7, 5), [END]);
    expect(coloursOf(video, 0)).toEqual(WHOLE.filter((_, i) => i % 7 < 5));
    const moved = decode(screen(5, 4), image(3, 2, 7, 5), [END]);
    const white = (count: number) => Array<string>(count).fill('white');
    expect(coloursOf(moved, 0)).toEqual([...white(13), 'red', 'green', ...white(3), 'red', 'black']);
    const beyond = decode(screen(5, 4), control({ disposal: 2 }), image(6, 9, 7, 5), [END]);
    expect(new Set(coloursOf(beyond, 0))).toEqual(new Set(['white']));
  });

  it('is cut off where it is interlaced, too', () => {
    const rows = [0, 4, 2, 1, 3]; // in the order of the passes
    const indices = rows.flatMap((row) => INDICES.slice(row * 7, row * 7 + 7));
    const video = decode(screen(5, 3), image(0, 0, 7, 5, indices, 0x40), [END]);
    expect(coloursOf(video, 0)).toEqual(WHOLE.filter((_, i) => i % 7 < 5 && i < 21));
  });

  it('may have pixels too many, not too few', () => {
    expect(coloursOf(decode(screen(7, 5), image(0, 0, 7, 5, [...INDICES, 1, 2, 3]), [END]), 0)).toEqual(WHOLE);
    expect(() => decode(screen(7, 5), image(0, 0, 7, 5, INDICES.slice(1)), [END])).toThrow('34 of 35 pixels');
  });

  it('surplus in the middle of a code is ignored', () => {
    // Codes 4 (clear) 0 6 7: pixels 0, 00, 000 of a frame of 4
    const data = [2, 2, 0b10_000_100, 0b0101_111_1, 0];
    const video = decode(screen(2, 2), [0x2c, 0, 0, 0, 0, 2, 0, 2, 0, 0, ...data], [END]);
    expect(coloursOf(video, 0)).toEqual(Array(4).fill('red'));
  });
});

it('a large screen in a small file, and frames far larger than the screen, are refused', () => {
  const many = Array.from({ length: 5 }, () => image(0, 0, 1, 1, [0])).flat();
  expect(() => decode(screen(16384, 4096), many, [END])).toThrow(/claims 5 frames of 16384×4096 pixels: 1345 MiB/);
  expect(() => decode(screen(5, 5), image(0, 0, 65535, 65535, [0]), [END])).toThrow('MiB to read it');
  expect(() => decode(screen(5, 5), image(0, 0, 9999, 9999, [0]), [END])).toThrow('too little data');
});

it('every cut of a file is refused, in words', () => {
  const bytes = Uint8Array.from([...screen(7, 5), ...control({}), 0x21, 0x01, 2, 1, 2, 0, ...image(0, 0, 7, 5), END]);
  for (let length = 0; length < bytes.length; length++) {
    expect(() => decodeGif(bytes.subarray(0, length), 'a.gif')).toThrow(FileError);
  }
});
