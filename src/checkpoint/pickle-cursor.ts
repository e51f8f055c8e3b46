/** Reads the operands of pickle opcodes, with checks against the end before anything is allocated. */

import { FileError } from '../errors.ts';

/** More bytes are needed than there are: the file is truncated, or only its beginning has been read so far. */
export class PickleEnd extends FileError {
  override readonly name = 'PickleEnd';
}

/** Python's own bound for decimal numbers is 4300 digits; checkpoints have a few dozen. */
const MAX_INTEGER_BYTES = 1024;

export class PickleCursor {
  at = 0;
  private readonly view: DataView;

  constructor(
    private readonly bytes: Uint8Array,
    readonly file: string,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  fail(problem: string): never {
    throw new FileError(this.file, `is damaged: ${problem} at byte ${this.at} of its pickle`);
  }

  take(length: number): Uint8Array {
    return this.bytes.subarray(this.advance(length), this.at);
  }

  u8(): number {
    return this.view.getUint8(this.advance(1));
  }

  u16(): number {
    return this.view.getUint16(this.advance(2), true);
  }

  u32(): number {
    return this.view.getUint32(this.advance(4), true);
  }

  i32(): number {
    return this.view.getInt32(this.advance(4), true);
  }

  /** A length of 64 bits. */
  length64(): number {
    const length = Number(this.view.getBigUint64(this.advance(8), true));
    return length > Number.MAX_SAFE_INTEGER ? this.fail('an absurd length') : length;
  }

  /** The only big-endian operand. */
  float64(): number {
    return this.view.getFloat64(this.advance(8), false);
  }

  utf8(length: number): string {
    const bytes = this.take(length);
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      return this.fail('text that is not UTF-8');
    }
  }

  /** Two's complement, little endian. */
  integer(length: number): bigint {
    if (length < 0 || length > MAX_INTEGER_BYTES) this.fail(`an integer of ${length} bytes`);
    const bytes = this.take(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]);
    return BigInt.asIntN(8 * length, value);
  }

  /** Up to a line break, which is left out; of one byte per character. */
  line(): string {
    const end = this.bytes.indexOf(0x0a, this.at);
    if (end < 0) throw new PickleEnd(this.file, 'is truncated inside its pickle');
    const bytes = this.take(end - this.at);
    this.at += 1;
    return String.fromCharCode(...bytes.subarray(0, 4 * MAX_INTEGER_BYTES));
  }

  decimal(text: string): bigint {
    return /^[+-]?\d{1,2466}$/.test(text) ? BigInt(text) : this.fail('a malformed integer');
  }

  /** @returns where the bytes begin. */
  private advance(length: number): number {
    if (this.at + length > this.bytes.length) throw new PickleEnd(this.file, 'is truncated inside its pickle');
    this.at += length;
    return this.at - length;
  }
}
