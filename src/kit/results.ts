/**
 * What a port wrote for a case: `<id>.npz`, `<id>.safetensors`, `<id>.json`, or any of these in a folder `<id>/`, taken
 * together. Names of tensors are those of the outputs, with or without `out/` in front. A name that two files have with
 * different values is a problem, not a choice.
 */

import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Shape } from '../array/host.ts';
import { sameShape } from '../array/host.ts';
import type { Case } from '../conform/case.ts';
import { InfinityStarError } from '../errors.ts';
import { memorySource } from '../io/byte-source.ts';
import { elementValues, SAFETENSORS_TYPES } from '../io/element-type.ts';
import { readWholeSync } from '../io/files.ts';
import { readNpyValues } from '../io/npy.ts';
import { unpackNpz } from '../io/npz.ts';
import { openSafetensors } from '../io/safetensors.ts';
import { parseStrictJson } from '../io/strict-json.ts';

/** A tensor of a port; integers and floats of any width, as numbers. */
export interface PortArray {
  readonly shape: Shape;
  /** `float16`, `int64` and so on. */
  readonly dtype: string;
  readonly values: ArrayLike<number>;
}

export interface PortResults {
  readonly arrays: ReadonlyMap<string, PortArray>;
  readonly json: ReadonlyMap<string, unknown>;
  /** Files or members that could not be read or contradict each other, a line each. */
  readonly problems: readonly string[];
}

/** What is read where nothing was written. */
export const NOTHING: PortResults = { arrays: new Map(), json: new Map(), problems: [] };

const CONFLICT = 'another file has other values of this name';

const ENDINGS = ['npz', 'safetensors', 'json'];

/** Everything that was written for a case; nothing if nothing was. */
export async function readResults(directory: string, id: string): Promise<PortResults> {
  const arrays = new Map<string, PortArray>();
  const json = new Map<string, unknown>();
  const problems: string[] = [];
  for (const file of resultFiles(directory, id)) {
    const add = (name: string, array: PortArray): void => {
      const plain = name.replace(/^out\//, '');
      const former = arrays.get(plain);
      if (former === undefined) arrays.set(plain, array);
      else if (!isSame(former, array)) problems.push(`${file}: ${plain}: ${CONFLICT}`);
    };
    try {
      const bytes = readWholeSync(file);
      if (file.endsWith('.npz')) readArchive(bytes, file, add, problems);
      else if (file.endsWith('.safetensors')) await readTensors(bytes, file, add);
      else readJson(bytes, file, json, problems);
    } catch (error) {
      if (!(error instanceof InfinityStarError)) throw error;
      problems.push(error.message);
    }
  }
  return { arrays, json, problems };
}

/** Names that a case has not as outputs, or as outputs of another form, each with what is wrong. */
export function strangeNames(c: Case, { arrays, json }: PortResults): { readonly name: string; readonly problem: string }[] {
  const tensors = c.outputs.map(({ name }) => name);
  const find = (names: Iterable<string>, right: readonly string[], other: readonly string[], form: string) => {
    const strange = [...names].filter((name) => !right.includes(name));
    return strange.map((name) => ({ name, problem: other.includes(name) ? form : 'not an output of this case' }));
  };
  return [
    ...find(arrays.keys(), tensors, c.jsonOutputs, 'a tensor, expected JSON'),
    ...find(json.keys(), c.jsonOutputs, tensors, 'JSON, expected a tensor'),
  ];
}

/** Files in a folder of results that belong to none of the cases: nobody reads them. Paths within the folder. */
export function strangeFiles(directory: string, ids: readonly string[]): string[] {
  const known = new Set(ids.flatMap((id) => resultFiles(directory, id)));
  const files: string[] = [];
  const visit = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) visit(path);
      else if (!known.has(path)) files.push(relative(directory, path));
    }
  };
  if (existsSync(directory)) visit(directory);
  return files.sort();
}

function resultFiles(directory: string, id: string): string[] {
  const isResult = (name: string): boolean => ENDINGS.some((end) => name.endsWith(`.${end}`));
  const beside = ENDINGS.map((end) => join(directory, `${id}.${end}`)).filter((file) => existsSync(file));
  const folder = join(directory, id);
  const inside = existsSync(folder) && statSync(folder).isDirectory() ? readdirSync(folder).filter(isResult).sort() : [];
  return [...beside, ...inside.map((name) => join(folder, name))];
}

function isSame(a: PortArray, b: PortArray): boolean {
  if (!sameShape(a.shape, b.shape)) return false;
  for (let i = 0; i < a.values.length; i++) if (!Object.is(a.values[i], b.values[i])) return false;
  return true;
}

type Add = (name: string, array: PortArray) => void;

function readArchive(bytes: Uint8Array, file: string, add: Add, problems: string[]): void {
  for (const [member, content] of unpackNpz(bytes, file)) {
    const name = member.replace(/\.npy$/, '');
    try {
      add(name, readNpyValues(content, `${file}: ${name}`));
    } catch (error) {
      if (!(error instanceof InfinityStarError)) throw error;
      problems.push(error.message);
    }
  }
}

function readJson(bytes: Uint8Array, file: string, json: Map<string, unknown>, problems: string[]): void {
  const content = parseStrictJson(bytes, file);
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    problems.push(`${file}: is no object {name: value}`);
    return;
  }
  for (const [name, value] of Object.entries(content)) {
    if (!json.has(name)) json.set(name, value);
    else if (!isDeepStrictEqual(json.get(name), value)) problems.push(`${file}: ${name}: ${CONFLICT}`);
  }
}

async function readTensors(bytes: Uint8Array, file: string, add: Add): Promise<void> {
  const opened = await openSafetensors(memorySource(bytes, file));
  for (const [key, { dtype, shape }] of opened.entries) {
    const type = SAFETENSORS_TYPES.get(dtype)!;
    const values = Array.from<number | bigint, number>(elementValues(type, await opened.bytes(key)), Number);
    add(key, { shape, dtype: type, values });
  }
  await opened.close();
}
