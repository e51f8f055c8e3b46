/**
 * Reads `spiece.model`, a SentencePiece unigram model, into the tokenizer that T5's `tokenizer.json` describes
 * (layout of WhitespaceSplit and Metaspace), so that both files give the same ids.
 *
 * That is not what SentencePiece itself does with the file: it normalizes by the longest match and does not cut
 * special tokens out. The released pipeline tokenizes with the converted file, so we follow the conversion.
 *
 * Source: sentencepiece_model.proto; transformers convert_slow_tokenizer.py:T5Converter. Spec X1.
 */

import { FileError, UnsupportedError } from '../../errors.ts';
import { Charsmap } from './charsmap.ts';
import { metaspace, whitespaceSplit } from './pre-tokenizer.ts';
import { protobufFields } from './protobuf.ts';
import type { SpecialToken } from './special-tokens.ts';
import { SpecialTokens } from './special-tokens.ts';
import { Tokenizer } from './tokenizer.ts';
import { Unigram } from './unigram.ts';

/** SentencePiece.Type; the others are NORMAL 1, UNUSED 5, BYTE 6. */
const pieceType = { unknown: 2, control: 3, userDefined: 4 } as const;
const unigramModel = 1;

interface Piece {
  readonly text: string;
  readonly score: number;
  readonly type: number;
}

/**
 * @param file names the source in errors.
 * @param extraIds how many `<extra_id_n>` follow the pieces; T5 has 100, its first in the highest id.
 * @throws FileError if the file is damaged, UnsupportedError if it is not a unigram model without byte pieces.
 */
export function parseSpiece(bytes: Uint8Array, file = 'spiece.model', extraIds = 100): Tokenizer {
  const pieces: Piece[] = [];
  let charsmap: Charsmap | undefined;
  for (const { number, value } of protobufFields(bytes, file)) {
    if (number > 3) continue;
    if (typeof value === 'number') throw new FileError(file, `damaged: field ${number} is not a message`);
    if (number === 1) pieces.push(readPiece(value, file));
    if (number === 2) checkTrainer(value, file);
    if (number === 3) charsmap = readCharsmap(value, file);
  }
  for (let n = extraIds - 1; n >= 0; n--) {
    pieces.push({ text: `<extra_id_${n}>`, score: 0, type: pieceType.userDefined });
  }
  const unknownId = pieces.findIndex(({ type }) => type === pieceType.unknown);
  const end = pieces.findIndex(({ text }) => text === '</s>');
  if (end === -1) throw new FileError(file, `has no piece '</s>'`);
  const space = { replacement: '\u2581', prepend: true, split: true };
  return new Tokenizer({
    specials: new SpecialTokens(pieces.flatMap((piece, id) => asSpecial(piece, id, pieces.length - extraIds))),
    normalizers: charsmap === undefined ? [] : [(text) => charsmap.normalize(text)],
    preTokenizers: [whitespaceSplit, metaspace(space)],
    model: new Unigram(pieces, unknownId, file),
    opening: [],
    closing: [{ id: end, text: '</s>' }],
    decoder: space,
  });
}

/** Unknown and control pieces and the extra ids are special; user-defined ones are cut out, but stay text. */
function asSpecial({ text, type }: Piece, id: number, firstExtra: number): SpecialToken[] {
  const isSpecial = type === pieceType.unknown || type === pieceType.control || id >= firstExtra;
  if (!isSpecial && type !== pieceType.userDefined) return [];
  return [{ id, content: text, special: isSpecial, lstrip: false, rstrip: false }];
}

function readPiece(message: Uint8Array, file: string): Piece {
  let [text, score, type] = ['', 0, 1];
  for (const { number, value } of protobufFields(message, file)) {
    if (number === 1) text = readText(value, file);
    if (number === 2) score = readFloat(value, file);
    if (number === 3) type = Number(value);
  }
  return { text, score, type };
}

function checkTrainer(message: Uint8Array, file: string): void {
  for (const { number, value } of protobufFields(message, file)) {
    if (number === 3 && value !== unigramModel) throw new UnsupportedError(`${file}: not a unigram model`);
    if (number === 35 && value !== 0) throw new UnsupportedError(`${file}: byte fallback is not supported`);
  }
}

function readCharsmap(message: Uint8Array, file: string): Charsmap | undefined {
  for (const { number, value } of protobufFields(message, file)) {
    if (number === 2 && typeof value !== 'number' && value.length > 0) return new Charsmap(value, file);
  }
  return undefined;
}

function readText(value: number | Uint8Array, file: string): string {
  try {
    if (typeof value !== 'number') return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value);
  } catch (error) {
    throw new FileError(file, 'damaged: a piece is not UTF-8', { cause: error });
  }
  throw new FileError(file, 'damaged: a piece is not a text');
}

function readFloat(value: number | Uint8Array, file: string): number {
  if (typeof value === 'number' || value.length !== 4) throw new FileError(file, 'damaged: a score is not a float');
  return new DataView(value.buffer, value.byteOffset, 4).getFloat32(0, true);
}
