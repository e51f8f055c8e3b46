/**
 * Reads protocol buffers: a message is a list of (field number, value), told by a tag = number · 8 + wire type.
 *
 * Source: protobuf.dev, "Encoding". Groups, long deprecated, are refused.
 */

import { FileError } from '../../errors.ts';

export interface ProtobufField {
  readonly number: number;
  /** An integer, the bytes of a fixed-width number, or those of a text or inner message. */
  readonly value: number | Uint8Array;
}

/**
 * Walks the fields of a message without copying.
 * @param file names the source in errors.
 * @throws FileError where the message is not well formed.
 */
export function* protobufFields(message: Uint8Array, file: string): Generator<ProtobufField> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let i = 0; i < 10; i++) {
      const byte = message[at++];
      if (byte === undefined) throw new FileError(file, 'truncated');
      value += (byte & 0x7f) * 2 ** (7 * i); // inexact above 2^53, where only negative numbers are
      if (byte < 0x80) return value;
    }
    throw new FileError(file, 'damaged: an integer of more than 10 bytes');
  };
  const bytes = (length: number): Uint8Array => {
    if (length > message.length - at) throw new FileError(file, 'truncated');
    at += length;
    return message.subarray(at - length, at);
  };
  while (at < message.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    const wireType = tag % 8;
    if (number === 0) throw new FileError(file, 'damaged: field number 0');
    if (wireType === 0) yield { number, value: varint() };
    else if (wireType === 1) yield { number, value: bytes(8) };
    else if (wireType === 2) yield { number, value: bytes(varint()) };
    else if (wireType === 5) yield { number, value: bytes(4) };
    else throw new FileError(file, `damaged: wire type ${wireType}`);
  }
}
