/** Reads the numbers and texts of a GGUF header one after the other, each checked against what is there. */

import { FileError } from '../errors.ts';
import type { GgufScalar, GgufValue, ValueType } from './format.ts';
import { VALUE_TYPES } from './format.ts';

/** Thrown when the bytes at hand end before the header does. */
export class HeaderEnds extends Error {}

/** Of an array: eight times the largest vocabulary in use. */
const MAX_ITEMS = 2 ** 21;

const MAX_TEXT = 2 ** 24;

const utf8 = new TextDecoder('utf-8', { fatal: true });

export class Cursor {
  private readonly view: DataView;
  at = 0;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly file: string,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  uint32(): number {
    return this.view.getUint32(this.take(4), true);
  }

  uint64(): bigint {
    return this.view.getBigUint64(this.take(8), true);
  }

  /** A number of things of at least `bytes` bytes each, which must still come. @throws FileError if it is more than `most`. */
  count(bytes: number, most: number, what: string): number {
    const count = this.uint64();
    if (count > BigInt(most)) throw new FileError(this.file, `is damaged: ${count} ${what}`);
    this.need(Number(count) * bytes);
    return Number(count);
  }

  /** @throws FileError if it is not UTF-8. */
  text(what: string): string {
    const length = this.count(1, MAX_TEXT, `bytes of ${what}`);
    const start = this.take(length);
    try {
      return utf8.decode(this.bytes.subarray(start, start + length));
    } catch (cause) {
      throw new FileError(this.file, `is damaged: ${what} is not UTF-8`, { cause });
    }
  }

  /** A note's value, its type before it. */
  value(key: string): GgufValue {
    const type = this.type(key);
    return type === 'array' ? this.array(key) : this.scalar(type, key);
  }

  private type(key: string): ValueType {
    const number = this.uint32();
    const type = VALUE_TYPES[number];
    if (type === undefined) throw new FileError(this.file, `is damaged: the note '${key}' has the unknown type ${number}`);
    return type;
  }

  private scalar(type: Exclude<ValueType, 'array'>, key: string): GgufScalar {
    switch (type) {
      case 'uint8': return this.view.getUint8(this.take(1));
      case 'int8': return this.view.getInt8(this.take(1));
      case 'uint16': return this.view.getUint16(this.take(2), true);
      case 'int16': return this.view.getInt16(this.take(2), true);
      case 'uint32': return this.uint32();
      case 'int32': return this.view.getInt32(this.take(4), true);
      case 'float32': return this.view.getFloat32(this.take(4), true);
      case 'float64': return this.view.getFloat64(this.take(8), true);
      case 'uint64': return this.uint64();
      case 'int64': return this.view.getBigInt64(this.take(8), true);
      case 'bool': return this.bool(key);
      case 'string': return this.text(`the note '${key}'`);
    }
  }

  private bool(key: string): boolean {
    const byte = this.view.getUint8(this.take(1));
    if (byte > 1) throw new FileError(this.file, `is damaged: the note '${key}' is neither true nor false`);
    return byte === 1;
  }

  private array(key: string): GgufScalar[] {
    const type = this.type(key);
    if (type === 'array') throw new FileError(this.file, `is damaged: the note '${key}' is a list of lists`);
    const count = this.count(SMALLEST[type] ?? 1, MAX_ITEMS, `items of the note '${key}'`);
    const items: GgufScalar[] = [];
    for (let i = 0; i < count; i++) items.push(this.scalar(type, key));
    return items;
  }

  private take(length: number): number {
    this.need(length);
    const start = this.at;
    this.at += length;
    return start;
  }

  private need(length: number): void {
    if (this.at + length > this.bytes.length) throw new HeaderEnds();
  }
}

/** Bytes that a value takes at least. */
const SMALLEST: Partial<Record<ValueType, number>> = {
  uint16: 2, int16: 2, uint32: 4, int32: 4, float32: 4, float64: 8, uint64: 8, int64: 8, string: 8,
};
