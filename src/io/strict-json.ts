/**
 * JSON of untrusted files, the one reader of all of it: UTF-8, of bounded size, number of values and depth, no name twice
 * in an object (of which JSON.parse keeps the last). What comes out is plain data that code may walk recursively.
 */

import { FileError, show } from '../errors.ts';

/** A shard index of the largest models has 1 MB, the tokenizer of a large vocabulary 20. */
export const MOST_JSON_BYTES = 2 ** 25;
/** A vocabulary of 250,000 entries has 750,000. */
const MOST_VALUES = 2_000_000;
const MAX_DEPTH = 32;

/** @throws FileError if the bytes are not such a text. */
export function parseStrictJson(bytes: Uint8Array, file: string): unknown {
  if (bytes.length > MOST_JSON_BYTES) throw new FileError(file, `is refused: ${bytes.length} bytes of JSON; at most ${MOST_JSON_BYTES} are read`);
  try {
    // A byte order mark is no part of JSON: kept, so that parsing fails at it.
    return parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (cause) {
    throw unreadable(cause, file);
  }
}

/** The same of a text. @throws FileError */
export function parseStrictJsonText(text: string, file: string): unknown {
  if (text.length > MOST_JSON_BYTES) throw new FileError(file, `is refused: ${text.length} characters of JSON; at most ${MOST_JSON_BYTES} are read`);
  try {
    return parse(text);
  } catch (cause) {
    throw unreadable(cause, file);
  }
}

function unreadable(cause: unknown, file: string): FileError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new FileError(file, `is damaged: its JSON cannot be read (${reason})`, { cause });
}

function parse(text: string): unknown {
  checkSize(text);
  const value: unknown = JSON.parse(text);
  checkNames(text);
  return value;
}

/** Structural characters and strings of a text, in order; a string as its place. */
function forEachToken(text: string, visit: (character: string, start: number, end: number) => void): void {
  const structure = /["{}[\]:,]/g;
  for (let match = structure.exec(text); match !== null; match = structure.exec(text)) {
    const [character] = match;
    const start = match.index;
    if (character === '"') structure.lastIndex = endOfString(text, start);
    visit(character, start, structure.lastIndex);
  }
}

/** One past the quote that closes the string at `start`, or the end of the text. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let escapes = 0;
    while (text[end - 1 - escapes] === '\\') escapes++;
    if (escapes % 2 === 0) return end + 1;
  }
  return text.length;
}

function checkSize(text: string): void {
  let [depth, values] = [0, 1];
  forEachToken(text, (token) => {
    if (token === '{' || token === '[') depth++;
    if (token === '}' || token === ']') depth--;
    if (token === '{' || token === '[' || token === ',') values++;
    if (depth > MAX_DEPTH) throw new Error(`nested more than ${MAX_DEPTH} deep`);
    if (values > MOST_VALUES) throw new Error(`more than ${MOST_VALUES} values`);
  });
}

/** Of a text that is known to be JSON: there a string before a colon is a name. */
function checkNames(text: string): void {
  const open: Set<string>[] = [];
  let previous: readonly [number, number] = [0, 0];
  forEachToken(text, (token, start, end) => {
    if (token === '{') open.push(new Set());
    if (token === '}') open.pop();
    if (token === ':') {
      const name = JSON.parse(text.slice(...previous)) as string;
      if (open.at(-1)!.has(name)) throw new Error(`duplicate name ${show(name)}`);
      open.at(-1)!.add(name);
    }
    if (token === '"') previous = [start, end];
  });
}
