/**
 * Files of prompts: `.txt`, one a line; `.jsonl`, an object a line; `.json`, a list of texts or objects. Objects have the fields
 * of the published evaluations:
 *
 *   VBench, and the official VBench_rewrited_prompt.json   {"prompt_en", "dimension": […], "refined_prompt"}
 *   GenEval                                                {"tag", "include": […], "prompt"}
 *
 * A refined prompt generates; the original one names the result, as the evaluations ask for.
 */

import { FileError } from '../errors.ts';
import { parseStrictJson, parseStrictJsonText } from '../io/strict-json.ts';

export interface BatchPrompt {
  /** What is generated from. */
  readonly text: string;
  /** What the evaluation knows it by. */
  readonly name: string;
  /** VBench's, which say how many samples are asked for. */
  readonly dimensions: readonly string[];
  /** The whole entry, for formats that keep it beside the samples. */
  readonly entry: Readonly<Record<string, unknown>>;
}

const MOST_PROMPTS = 1_000_000;

/**
 * @param path decides the format by its ending.
 * @throws FileError naming the line or entry that is no prompt.
 */
export function parsePrompts(bytes: Uint8Array, path: string): BatchPrompt[] {
  const prompts = path.toLowerCase().endsWith('.json') ? fromJson(bytes, path) : fromLines(bytes, path);
  if (prompts.length === 0) throw new FileError(path, 'holds no prompt');
  if (prompts.length > MOST_PROMPTS) throw new FileError(path, `holds ${prompts.length} prompts; at most ${MOST_PROMPTS} are read`);
  return prompts;
}

function fromLines(bytes: Uint8Array, path: string): BatchPrompt[] {
  const objects = path.toLowerCase().endsWith('.jsonl');
  return textOf(bytes, path).split(/\r?\n/).flatMap((line, i) => {
    const where = `${path}:${i + 1}`;
    if (line.trim() === '') return [];
    return [objects ? promptOf(parseStrictJsonText(line, where), where) : plainPrompt(line.trim())];
  });
}

function textOf(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes); // a byte order mark is left out
  } catch (cause) {
    throw new FileError(path, 'is not UTF-8', { cause });
  }
}

function fromJson(bytes: Uint8Array, path: string): BatchPrompt[] {
  const list = parseStrictJson(bytes, path);
  if (!Array.isArray(list)) throw new FileError(path, 'is no list of prompts');
  return list.map((entry: unknown, i) => promptOf(entry, `${path}: entry ${i}`));
}

/** A prompt that has nothing but its text. */
export function plainPrompt(text: string): BatchPrompt {
  return { text, name: text, dimensions: [], entry: { prompt: text } };
}

function promptOf(entry: unknown, where: string): BatchPrompt {
  if (typeof entry === 'string' && entry.trim() !== '') return plainPrompt(entry.trim());
  if (entry === null || typeof entry !== 'object' || Array.isArray(entry)) throw new FileError(where, 'is neither a text nor an object');
  const fields = entry as Record<string, unknown>;
  const name = textField(fields, 'prompt_en', where) ?? textField(fields, 'prompt', where);
  if (name === undefined) throw new FileError(where, "has neither 'prompt_en' nor 'prompt'");
  const { dimension = [] } = fields;
  if (!Array.isArray(dimension) || !dimension.every((item) => typeof item === 'string')) {
    throw new FileError(where, "has a 'dimension' that is no list of texts");
  }
  return { text: textField(fields, 'refined_prompt', where) ?? name, name, dimensions: dimension, entry: fields };
}

function textField(fields: Record<string, unknown>, key: string, where: string): string | undefined {
  if (!Object.hasOwn(fields, key)) return undefined;
  const value = fields[key];
  if (typeof value !== 'string' || value.trim() === '') throw new FileError(where, `has a '${key}' that is no text`);
  return value.trim();
}
