/** Reads golden cases from disk: `<set>/<group>/<name>/case.json` with `tensors.npz` and `out.json` beside it. */

import { existsSync, readdirSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import type { NdArray } from 'ndarray';
import type { HostArray, HostTensor } from '../array/host.ts';
import { hostTensor, rowMajor } from '../array/host.ts';
import { ArgumentError, FileError } from '../errors.ts';
import { Fields } from '../io/fields.ts';
import { readWholeSync } from '../io/files.ts';
import { readNpz } from '../io/npz.ts';
import { plainPath } from '../io/plain-path.ts';
import { parseStrictJson } from '../io/strict-json.ts';
import type { Case, ExpectedOutput } from './case.ts';

/** The largest number in a configuration, that of repetitions, is 10000. */
const LARGEST = 65_536;

/**
 * Finds the cases of a set in the order of their names.
 * @param directory the set's root, a group, or one case.
 * @throws FileError if there is none.
 */
export function findCases(directory: string): string[] {
  if (!existsSync(directory)) throw new FileError(directory, 'no such directory');
  const found: string[] = [];
  const visit = (folder: string): void => {
    if (existsSync(join(folder, 'case.json'))) found.push(folder);
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isDirectory()) visit(join(folder, entry.name));
    }
  };
  visit(directory);
  if (found.length === 0) throw new FileError(directory, 'holds no case.json, neither itself nor below');
  return found.sort();
}

/**
 * @param directory the folder of `case.json`.
 * @throws FileError or ArgumentError if the case is damaged or of an unknown format.
 */
export function loadCase(directory: string): Case {
  const file = join(directory, 'case.json');
  const description = new Fields(readJson(file), file);
  if (description.number('format') !== 1) {
    throw new FileError(file, `format 1 expected, got ${String(description.unknown('format'))}`);
  }
  const id = plainPath(description.string('id'), `${file}: id`);
  const root = setRoot(directory, id);
  const config = description.has('config') ? description.child('config') : new Fields({}, `${file}: config`);
  checkNumbers(config.keys.map((key) => config.unknown(key)), config.where);
  const tensors = lazy(() => readArchive(join(directory, 'tensors.npz')));
  const weights = lazy(() => collectWeights(root, description, tensors()));
  const named = (file: string): Record<string, unknown> | undefined => {
    const path = join(directory, file);
    // A list's items are named by their index.
    return existsSync(path) ? Object.fromEntries(Object.entries(readJson(path) as object)) : undefined;
  };
  const json = lazy(() => named('out.json') ?? {});
  const given = lazy(() => named('in.json') ?? json());
  const array = (member: string): HostArray => {
    const value = tensors().get(member);
    if (value === undefined) throw new FileError(join(directory, 'tensors.npz'), `has no '${member}'`);
    return value;
  };
  return {
    id,
    kind: description.string('kind'),
    config,
    inputs: description.has('inputs') ? description.strings('inputs') : [],
    outputs: description.has('outputs') ? description.objects('outputs').map(readOutput) : [],
    jsonOutputs: jsonNames(description),
    directory,
    root,
    file: (key, from = directory) => join(from, plainPath(config.string(key), `${config.where}.${key}`)),
    input: (name) => toFloat(array(`in/${name}`)),
    hasInput: (name) => tensors().has(`in/${name}`),
    bytes: (name) => toBytes(array(`in/${name}`)),
    array: (name) => array(`in/${name}`),
    weights,
    expected: (name) => array(`out/${name}`),
    get json() {
      return json();
    },
    get given() {
      return given();
    },
  };
}

/**
 * A case's id is its path in the set, so the root lies as many folders up as the id has parts. A case that lies elsewhere
 * is a set of its own: nothing above it is read.
 */
function setRoot(directory: string, id: string): string {
  const folder = resolve(directory);
  return folder.endsWith(`${sep}${id.replaceAll('/', sep)}`) ? resolve(folder, ...id.split('/').map(() => '..')) : folder;
}

/** Sizes of cases are small; what is made of them is bounded by each kind. @throws ArgumentError */
function checkNumbers(value: unknown, where: string): void {
  if (typeof value === 'number' && !(Math.abs(value) <= LARGEST)) throw new ArgumentError(where, `numbers of at most ${LARGEST}`, value);
  if (value !== null && typeof value === 'object') for (const item of Object.values(value)) checkNumbers(item, where);
}

function readOutput(output: Fields): ExpectedOutput {
  return {
    name: output.string('name'),
    shape: output.numbers('shape'),
    dtype: output.string('dtype') as ExpectedOutput['dtype'],
    atol: output.number('atol'),
    rtol: output.number('rtol'),
  };
}

/** The names of the JSON results; where these are a list, `json_outputs` repeats it and the names are its indices. */
function jsonNames(description: Fields): readonly string[] {
  const listed = description.unknown('json_outputs');
  if (!Array.isArray(listed)) return [];
  return listed.map((item: unknown, i) => (typeof item === 'string' ? item : String(i)));
}

function collectWeights(
  root: string,
  description: Fields,
  own: ReadonlyMap<string, HostArray>,
): ReadonlyMap<string, HostTensor> {
  const files = description.has('weights_npz') ? description.strings('weights_npz') : [];
  const archives = [...files.map((file) => readArchive(join(root, plainPath(file, `${description.where}: weights_npz`)))), own];
  const weights = new Map<string, HostTensor>();
  for (const archive of archives) {
    for (const [member, value] of archive) {
      if (member.startsWith('w/')) weights.set(member.slice(2), toFloat(value));
    }
  }
  return weights;
}

function readArchive(path: string): Map<string, HostArray> {
  return existsSync(path) ? readNpz(readWholeSync(path), path) : new Map<string, HostArray>();
}

/** A file of a case or a kit. @throws FileError if it cannot be read or is no JSON. */
export function readJson(path: string): unknown {
  return parseStrictJson(readWholeSync(path), path);
}

function toFloat(x: HostArray): HostTensor {
  return x.data instanceof Float32Array ? (x as HostTensor) : hostTensor(Float32Array.from(rowMajor(x)), x.shape);
}

function toBytes(x: HostArray): NdArray<Uint8Array> {
  if (x.data instanceof Uint8Array) return x as NdArray<Uint8Array>;
  return hostTensor(Uint8Array.from(rowMajor(x)), x.shape);
}

function lazy<T>(make: () => T): () => T {
  let value: { readonly made: T } | undefined;
  return () => (value ??= { made: make() }).made;
}
