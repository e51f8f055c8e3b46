/**
 * The LZW code of GIF (GIF89a, appendix F): codes of 3 to 12 bits, least significant bit first, name strings of
 * pixels; every code read adds the string "previous + first pixel of this one" to the table.
 *
 * Own code, because the known libraries only log, or go on with what was there, when the data of a frame is wrong.
 */

import { FileError } from '../errors.ts';

const MAX_CODES = 4096;

/**
 * The first `length` pixels of the sub-blocks at `at`, which begin with the code size; what follows is ignored.
 * @throws FileError if the data is truncated, holds an impossible code or too few pixels.
 */
export function decodeGifLzw(bytes: Uint8Array, at: number, length: number, file: string): Uint8Array {
  const damaged = (what: string) => new FileError(file, `is damaged: ${what}`);
  const rootBits = bytes[at];
  if (!(rootBits >= 1 && rootBits <= 8)) throw damaged(`GIF code size ${rootBits}`);
  const stream = joinBlocks(bytes, at + 1);
  // No code stands for more pixels than the table has entries: so the claimed size is checked before allocation.
  if (length > ((stream.length * 8) / (rootBits + 1)) * MAX_CODES) throw damaged('too little data for a GIF frame');
  const pixels = new Uint8Array(length);
  // A string is its prefix's code and its last pixel.
  const prefix = new Uint16Array(MAX_CODES);
  const last = new Uint8Array(MAX_CODES);
  const size = new Uint16Array(MAX_CODES);
  const clear = 1 << rootBits;
  for (let code = 0; code < clear; code++) [last[code], size[code]] = [code, 1];
  let [codes, bits, previous] = [clear + 2, rootBits + 1, -1];
  let [buffer, buffered, read, written] = [0, 0, 0, 0];
  while (written < length) {
    while (buffered < bits) {
      if (read === stream.length) throw damaged(`a GIF frame has ${written} of ${length} pixels`);
      buffer |= stream[read++] << buffered;
      buffered += 8;
    }
    const code = buffer & ((1 << bits) - 1);
    buffer >>>= bits;
    buffered -= bits;
    if (code === clear) {
      [codes, bits, previous] = [clear + 2, rootBits + 1, -1];
      continue;
    }
    if (code === clear + 1) throw damaged(`a GIF frame has ${written} of ${length} pixels`);
    if (code > codes || (code === codes && (previous < 0 || codes === MAX_CODES))) throw damaged('unknown GIF code');
    // A code that is about to be defined is the previous string and its own first pixel.
    const known = code < codes ? code : previous;
    const end = written + size[known];
    // Pixels past the end of the typed array go nowhere.
    let string = known;
    for (let to = end - 1; to > written; to--, string = prefix[string]!) pixels[to] = last[string]!;
    const first = last[string]; // of the string, which is its last place
    pixels[written] = first;
    written = end;
    if (known !== code) pixels[written++] = first;
    if (previous >= 0 && codes < MAX_CODES) {
      prefix[codes] = previous;
      last[codes] = first;
      size[codes] = size[previous] + 1;
      codes++;
      if (codes === 1 << bits && bits < 12) bits++;
    }
    previous = code;
  }
  return pixels;
}

/** The data of sub-blocks, each led by its length, up to the empty one. Their bounds are checked by the caller. */
function joinBlocks(bytes: Uint8Array, at: number): Uint8Array {
  const parts: Uint8Array[] = [];
  let total = 0;
  for (let next = at, size = bytes[next]; size > 0; next += 1 + size, size = bytes[next]!) {
    parts.push(bytes.subarray(next + 1, next + 1 + size));
    total += size;
  }
  const out = new Uint8Array(total);
  let to = 0;
  for (const part of parts) {
    out.set(part, to);
    to += part.length;
  }
  return out;
}
