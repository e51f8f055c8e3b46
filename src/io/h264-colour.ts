/**
 * Tells the colour space in a H.264 stream: the encoder's sequence parameter set ends with a flag that says that there is
 * no video usability information (ITU-T H.264, 7.3.2.1.1 and E.1.1); here the flag is set and the information added.
 */

/** Code points of ITU-T H.273. */
export interface Colour {
  readonly primaries: number;
  readonly transfer: number;
  readonly matrix: number;
  /** Shares of red and blue in the luma. */
  readonly red: number;
  readonly blue: number;
}

/** sRGB pictures (primaries 1, transfer 13) in the two matrices that there are for them. */
export const BT601: Colour = { primaries: 1, transfer: 13, matrix: 6, red: 0.299, blue: 0.114 };
export const BT709: Colour = { primaries: 1, transfer: 13, matrix: 1, red: 0.2126, blue: 0.0722 };

/** @param unit a sequence parameter set without video usability information. */
export function tagColour(unit: Uint8Array, { primaries, transfer, matrix }: Colour): Uint8Array {
  const bits = unescape(unit).flatMap((byte) => bitsOf(byte, 8));
  bits.length = bits.lastIndexOf(1); // the stop bit and what fills the last byte
  if (bits.pop() !== 0) throw new Error('the encoder wrote video usability information');
  bits.push(1); // there is some now
  bits.push(0, 0); // no aspect ratio, no overscan
  bits.push(1, ...bitsOf(5, 3), 0); // a signal type: format unspecified, limited range
  bits.push(1, ...bitsOf(primaries, 8), ...bitsOf(transfer, 8), ...bitsOf(matrix, 8));
  bits.push(0, 0, 0, 0, 0, 0); // no place of chroma, timing, buffers (2), structure, restriction
  bits.push(1); // stop
  while (bits.length % 8 !== 0) bits.push(0);
  const bytes = Array.from({ length: bits.length / 8 }, (_, i) => parseInt(bits.slice(8 * i, 8 * i + 8).join(''), 2));
  return Uint8Array.from(escape(bytes));
}

function bitsOf(value: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => (value >> (count - 1 - i)) & 1);
}

/** Takes out the 3 that stands after every two zeros that small numbers follow (7.4.1). */
function unescape(unit: Uint8Array): number[] {
  return Array.from(unit).filter((byte, i) => !(byte === 3 && i >= 2 && unit[i - 1] === 0 && unit[i - 2] === 0));
}

function escape(bytes: readonly number[]): number[] {
  const out: number[] = [];
  for (const byte of bytes) {
    if (byte <= 3 && out.at(-1) === 0 && out.at(-2) === 0) out.push(3);
    out.push(byte);
  }
  return out;
}
