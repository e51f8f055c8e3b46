/**
 * What a port wrote for a case: `<id>.npz`, `<id>.safetensors`, `<id>.json`, or any of these in a folder `<id>/`, taken
 * together. Names of tensors are those of the outputs, with or without `out/` in front.
 */

import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Shape } from '../array/host.ts';
import { rowMajor } from '../array/host.ts';
import { InfinityStarError } from '../errors.ts';
import { memorySource } from '../io/byte-source.ts';
import { elementValues, SAFETENSORS_TYPES } from '../io/element-type.ts';
import { readWholeSync } from '../io/files.ts';
import { readNpy, npyType } from '../io/npy.ts';
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
  /** Files or members that could not be read, a line each. */
  readonly problems: readonly string[];
}

/** What is read where nothing was written. */
export const NOTHING: PortResults = { arrays: new Map(), json: new Map(), problems: [] };

const NPY_TYPES: Readonly<Record<string, string>> = {
  '<f2': 'float16', '<f4': 'float32', '<f8': 'float64', '<i4': 'int32', '<i8': 'int64', '|u1': 'uint8', '|b1': 'bool',
};

/** Everything that was written for a case; nothing if nothing was. */
export async function readResults(directory: string, id: string): Promise<PortResults> {
  const arrays = new Map<string, PortArray>();
  const json = new Map<string, unknown>();
  const problems: string[] = [];
  for (const file of resultFiles(directory, id)) {
    try {
      const bytes = readWholeSync(file);
      if (file.endsWith('.npz')) readArchive(bytes, file, arrays, problems);
      else if (file.endsWith('.safetensors')) await readTensors(bytes, file, arrays);
      else for (const [name, value] of Object.entries(parseStrictJson(bytes, file) ?? {})) json.set(name, value);
    } catch (error) {
      if (!(error instanceof InfinityStarError)) throw error;
      problems.push(error.message);
    }
  }
  return { arrays, json, problems };
}

function resultFiles(directory: string, id: string): string[] {
  const isResult = (name: string): boolean => /\.(npz|safetensors|json)$/.test(name);
  const beside = ['npz', 'safetensors', 'json'].map((end) => join(directory, `${id}.${end}`)).filter((file) => existsSync(file));
  const folder = join(directory, id);
  const inside = existsSync(folder) && statSync(folder).isDirectory() ? readdirSync(folder).filter(isResult).sort() : [];
  return [...beside, ...inside.map((name) => join(folder, name))];
}

function readArchive(bytes: Uint8Array, file: string, arrays: Map<string, PortArray>, problems: string[]): void {
  for (const [member, content] of unpackNpz(bytes, file)) {
    const name = plainName(member.replace(/\.npy$/, ''));
    try {
      const array = readNpy(content, `${file}: ${name}`);
      arrays.set(name, { shape: array.shape, dtype: NPY_TYPES[npyType(content, name)], values: rowMajor(array) });
    } catch (error) {
      if (!(error instanceof InfinityStarError)) throw error;
      problems.push(error.message);
    }
  }
}

async function readTensors(bytes: Uint8Array, file: string, arrays: Map<string, PortArray>): Promise<void> {
  const opened = await openSafetensors(memorySource(bytes, file));
  for (const [key, { dtype, shape }] of opened.entries) {
    const type = SAFETENSORS_TYPES.get(dtype)!;
    const values = Array.from<number | bigint, number>(elementValues(type, await opened.bytes(key)), Number);
    arrays.set(plainName(key), { shape, dtype: type, values });
  }
  await opened.close();
}

const plainName = (name: string): string => name.replace(/^out\//, '');
