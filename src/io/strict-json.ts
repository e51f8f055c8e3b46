/** JSON of untrusted files: UTF-8, bounded depth, no name twice in an object (of which JSON.parse keeps the last). */

import { FileError } from '../errors.ts';

const MAX_DEPTH = 32;

/** @throws FileError if the bytes are not such a text. */
export function parseStrictJson(bytes: Uint8Array, file: string): unknown {
  try {
    // A byte order mark is no part of JSON: kept, so that parsing fails at it.
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    checkDepth(text);
    const value: unknown = JSON.parse(text);
    checkNames(text);
    return value;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FileError(file, `is damaged: its JSON cannot be read (${reason})`, { cause });
  }
}

/** Structural characters and strings of a text, in order. */
function* tokens(text: string): Generator<string> {
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') {
      const start = at;
      for (at++; at < text.length && text[at] !== '"'; at++) if (text[at] === '\\') at++;
      yield text.slice(start, at + 1);
    } else if ('{}[]:'.includes(character)) {
      yield character;
    }
  }
}

function checkDepth(text: string): void {
  let depth = 0;
  for (const token of tokens(text)) {
    if (token === '{' || token === '[') depth++;
    if (token === '}' || token === ']') depth--;
    if (depth > MAX_DEPTH) throw new Error(`nested more than ${MAX_DEPTH} deep`);
  }
}

/** Of a text that is known to be JSON: there a string before a colon is a name. */
function checkNames(text: string): void {
  const open: Set<string>[] = [];
  let previous = '';
  for (const token of tokens(text)) {
    if (token === '{') open.push(new Set());
    if (token === '}') open.pop();
    if (token === ':') {
      const name = JSON.parse(previous) as string;
      if (open.at(-1)!.has(name)) throw new Error(`duplicate name ${previous}`);
      open.at(-1)!.add(name);
    }
    previous = token;
  }
}
