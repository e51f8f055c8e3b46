/**
 * From the inflated data of a PNG to its pixels (ISO/IEC 15948, 7.2, 8, 9 and 13.12): each row begins with the number
 * of a filter that predicts its bytes from those to the left (a), above (b) and above to the left (c); an interlaced
 * picture comes as seven smaller ones (Adam7); samples have 1 to 16 bits.
 *
 *   1: x + a    2: x + b    3: x + ⌊(a + b)/2⌋    4: x + the nearest of a, b, c to a + b − c (Paeth)
 *
 * Own code, because pngjs keeps four copies of the data, takes 20 seconds for a picture of one bit a pixel, and lets
 * data that end early pass.
 */

import { FileError } from '../errors.ts';
import type { PngHeader } from './png-chunks.ts';

/** One of the pictures that the rows belong to: its pixels stand at (y + j·dy, x + i·dx). */
interface Pass {
  readonly x: number;
  readonly y: number;
  readonly dx: number;
  readonly dy: number;
}

const WHOLE: readonly Pass[] = [{ x: 0, y: 0, dx: 1, dy: 1 }];
const ADAM7: readonly Pass[] = ([
  [0, 0, 8, 8], [4, 0, 8, 8], [0, 4, 4, 8], [2, 0, 4, 4], [0, 2, 2, 4], [1, 0, 2, 2], [0, 1, 1, 2],
] as const).map(([x, y, dx, dy]) => ({ x, y, dx, dy }));

/** Colours of a palette, and what is transparent (tRNS). */
export interface PngColours {
  /** 3 bytes a colour. */
  readonly palette: Uint8Array;
  /** Alpha of the first colours of a palette, or the one transparent gray or colour in 16-bit samples. */
  readonly transparency?: Uint8Array;
}

/** Bytes of the inflated data. */
export function rawLength(header: PngHeader): number {
  return passesOf(header).reduce((sum, { rows, rowBytes }) => sum + rows * (1 + rowBytes), 0);
}

/**
 * @param raw rawLength(header) bytes; the filters are undone in place.
 * @param channels 3: colours as they are stored, transparent or not; 4: with alpha.
 * @returns (H, W, channels)
 * @throws FileError for an unknown filter or a colour that the palette lacks.
 */
export function pixelsOf(raw: Uint8Array, header: PngHeader, colours: PngColours, channels: 3 | 4, file: string): Uint8Array {
  const { width, height } = header;
  const out = new Uint8Array(height * width * channels); // (H, W, channels)
  const put = pixelWriter(header, colours, channels, file);
  const step = Math.max(1, header.bits >> 3); // bytes to the left neighbour
  let at = 0;
  for (const { pass, columns, rows, rowBytes } of passesOf(header)) {
    const samples = new Uint16Array(columns * header.samples);
    for (let row = 0; row < rows; row++, at += 1 + rowBytes) {
      undoFilter(raw, at, rowBytes, row === 0 ? 0 : 1 + rowBytes, step, file);
      unpack(raw, at + 1, header.depth, samples);
      const start = ((pass.y + row * pass.dy) * width + pass.x) * channels;
      put(samples, columns, out, start, pass.dx * channels);
    }
  }
  return out;
}

interface SizedPass {
  readonly pass: Pass;
  readonly columns: number;
  readonly rows: number;
  readonly rowBytes: number;
}

/** Those that have a pixel. */
function passesOf({ width, height, interlaced, bits }: PngHeader): SizedPass[] {
  return (interlaced ? ADAM7 : WHOLE)
    .map((pass) => {
      const columns = Math.ceil((width - pass.x) / pass.dx);
      return { pass, columns, rows: Math.ceil((height - pass.y) / pass.dy), rowBytes: Math.ceil((columns * bits) / 8) };
    })
    .filter(({ columns, rows }) => columns > 0 && rows > 0);
}

/** Of the row at `at`, whose predecessor lies `up` bytes before it: 0 for none. */
function undoFilter(raw: Uint8Array, at: number, length: number, up: number, step: number, file: string): void {
  const filter = raw[at];
  const first = at + 1;
  const end = first + length;
  if (filter > 4) throw new FileError(file, `is damaged: unknown PNG filter ${filter}`);
  if (filter === 1) for (let i = first + step; i < end; i++) raw[i] += raw[i - step];
  if (filter === 2 && up > 0) for (let i = first; i < end; i++) raw[i] += raw[i - up];
  if (filter !== 3 && filter !== 4) return;
  for (let i = first; i < end; i++) {
    const inside = i >= first + step;
    const left = inside ? raw[i - step] : 0;
    const above = up > 0 ? raw[i - up] : 0;
    const corner = inside && up > 0 ? raw[i - up - step] : 0;
    raw[i] += filter === 3 ? (left + above) >> 1 : paeth(left, above, corner);
  }
}

function paeth(a: number, b: number, c: number): number {
  const [pa, pb, pc] = [Math.abs(b - c), Math.abs(a - c), Math.abs(a + b - 2 * c)];
  if (pa <= pb && pa <= pc) return a;
  return pb <= pc ? b : c;
}

/** The samples of a row, of 1, 2, 4, 8 or 16 bits, most significant first. */
function unpack(raw: Uint8Array, at: number, depth: number, samples: Uint16Array): void {
  if (depth === 8) {
    for (let i = 0; i < samples.length; i++) samples[i] = raw[at + i];
  } else if (depth === 16) {
    for (let i = 0; i < samples.length; i++) samples[i] = (raw[at + 2 * i] << 8) | raw[at + 2 * i + 1];
  } else {
    const mask = (1 << depth) - 1;
    for (let i = 0; i < samples.length; i++) {
      const bit = i * depth;
      samples[i] = (raw[at + (bit >> 3)] >> (8 - depth - (bit & 7))) & mask;
    }
  }
}

type PixelWriter = (samples: Uint16Array, columns: number, out: Uint8Array, start: number, step: number) => void;

/** Writes a row of pixels from `start` on, `step` bytes apart. */
function pixelWriter(header: PngHeader, colours: PngColours, channels: 3 | 4, file: string): PixelWriter {
  const { samples: count, depth, indexed } = header;
  const withAlpha = channels === 4;
  const { palette, transparency } = colours;
  if (indexed) {
    const known = palette.length / 3;
    return (samples, columns, out, start, step) => {
      for (let i = 0, to = start; i < columns; i++, to += step) {
        const index = samples[i];
        if (index >= known) throw new FileError(file, `is damaged: colour ${index} of a PNG palette of ${known}`);
        for (let c = 0; c < 3; c++) out[to + c] = palette[index * 3 + c];
        if (withAlpha) out[to + 3] = transparency?.[index] ?? 255;
      }
    };
  }
  const coloured = count >= 3;
  const ownAlpha = count % 2 === 0;
  const key = transparency !== undefined && !ownAlpha ? keySamples(transparency, count) : undefined;
  // Samples of any depth → bytes, rounded.
  const bytes = Uint8Array.from({ length: 2 ** depth }, (_, value) => Math.floor((value * 255) / (2 ** depth - 1) + 0.5));
  return (samples, columns, out, start, step) => {
    for (let i = 0, from = 0, to = start; i < columns; i++, from += count, to += step) {
      const first = bytes[samples[from]];
      out[to] = first;
      out[to + 1] = coloured ? bytes[samples[from + 1]] : first;
      out[to + 2] = coloured ? bytes[samples[from + 2]] : first;
      if (!withAlpha) continue;
      if (ownAlpha) out[to + 3] = bytes[samples[from + count - 1]];
      else out[to + 3] = key?.every((value, c) => value === samples[from + c]) ? 0 : 255;
    }
  };
}

/** The transparent gray or colour. */
function keySamples(transparency: Uint8Array, count: number): number[] | undefined {
  if (transparency.length < 2 * count) return undefined;
  return Array.from({ length: count }, (_, c) => (transparency[2 * c] << 8) | transparency[2 * c + 1]);
}
