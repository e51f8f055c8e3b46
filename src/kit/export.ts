/**
 * Writes a kit: golden cases of the chosen levels, computed by the official code, with the stages in between that this
 * implementation adds, into a folder that can be read with a ZIP reader and a JSON reader alone.
 */

import { cpSync, existsSync, lstatSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { HostArray } from '../array/host.ts';
import { rowMajor } from '../array/host.ts';
import { abortable } from '../backend/abortable.ts';
import type { Backend } from '../backend/backend.ts';
import { breathe } from '../breathe.ts';
import type { Case, ExpectedOutput } from '../conform/case.ts';
import { findCases, loadCase, readJson } from '../conform/load.ts';
import { ArgumentError } from '../errors.ts';
import { readWholeSync } from '../io/files.ts';
import { readNpz, writeNpz } from '../io/npz.ts';
import { plainPath } from '../io/plain-path.ts';
import { STEPS } from '../spec/steps.ts';
import { kitKinds } from './kinds.ts';
import { KIND_ORDER, levelOf, LEVELS } from './levels.ts';
import { mainOutputs } from './main-outputs.ts';
import { KIT_FORMAT } from './manifest.ts';
import type { KitEntry } from './manifest.ts';
import { ownCases, repeatedCase } from './own-cases.ts';
import { runStaged, stepOfOutput } from './staged.ts';

export interface ExportOptions {
  /** The golden set to draw from. */
  readonly golden: string;
  readonly levels: readonly string[];
  /** Only cases whose id this accepts. */
  readonly wanted?: (id: string) => boolean;
  /** Ends the export with its reason. */
  readonly signal?: AbortSignal;
}

/**
 * @returns what was written, in order.
 * @throws ArgumentError for an unknown level, or if nothing is left to write.
 */
export async function exportKit(directory: string, backend: Backend, options: ExportOptions): Promise<KitEntry[]> {
  const b = abortable(backend, options.signal);
  const unknown = options.levels.find((level) => !(level in LEVELS));
  if (unknown !== undefined) throw new ArgumentError('level', `one of ${Object.keys(LEVELS).join(', ')}`, unknown);
  const { wanted = () => true } = options;
  const chosen = findCases(options.golden)
    .map(loadCase)
    .filter((c) => options.levels.includes(levelOf(c.kind) ?? '') && wanted(c.id));
  const entries: KitEntry[] = [];
  const add = async (c: Case, write: () => void): Promise<void> => {
    await breathe();
    options.signal?.throwIfAborted();
    write();
    await writeOutputs(join(directory, c.id), c, b);
    entries.push({ id: c.id, kind: c.kind, level: levelOf(c.kind)! });
  };
  for (const c of chosen) await add(c, () => copyCase(options.golden, directory, c));
  for (const made of makeOwn(directory, options)) await add(made, () => undefined);
  if (entries.length === 0) throw new ArgumentError('levels', 'levels that the golden set has cases of', options.levels);
  const place = ({ kind }: KitEntry): number => KIND_ORDER.indexOf(kind);
  const ordered = entries.sort((x, y) => place(x) - place(y) || (x.id < y.id ? -1 : 1));
  const steps = Object.fromEntries(
    Object.entries(STEPS).map(([id, { title, paper, official }]) => [id, { title, paper, official }]),
  );
  const format = join(options.golden, 'FORMAT.md');
  if (existsSync(format)) cpSync(format, join(directory, 'FORMAT.md'));
  writeFileSync(join(directory, 'kit.json'), `${JSON.stringify({ format: KIT_FORMAT, levels: LEVELS, cases: ordered, steps }, null, 1)}\n`);
  return ordered;
}

/** The cases that are not golden, of the chosen levels. */
function makeOwn(directory: string, { golden, levels, wanted = () => true }: ExportOptions): Case[] {
  const isChosen = (kind: string, id: string): boolean => levels.includes(levelOf(kind)!) && wanted(id);
  const own = isChosen('sample', 'own/t2v-repeated') && existsSync(join(golden, 'sampler/t2v-one-clip')) ? [repeatedCase(directory, golden)] : [];
  for (const made of ownCases(directory)) {
    if (isChosen(made.kind, made.id)) own.push(made);
    else rmSync(made.directory, { recursive: true });
  }
  return own;
}

/** The case's folder and the further files that it names. */
function copyCase(golden: string, directory: string, c: Case): void {
  cpSync(c.directory, join(directory, c.id), { recursive: true, filter: isPlainFile });
  const description = readJson(join(c.directory, 'case.json')) as { weights_npz?: string[] };
  const named = [c.config.unknown('tokenizer'), c.config.unknown('sentencepiece')].filter((name) => typeof name === 'string');
  for (const name of [...(description.weights_npz ?? []), ...named]) {
    const file = plainPath(name, c.id);
    if (existsSync(join(directory, file)) || !existsSync(join(golden, file))) continue;
    mkdirSync(dirname(join(directory, file)), { recursive: true });
    if (isPlainFile(join(golden, file))) cpSync(join(golden, file), join(directory, file));
  }
}

/** A link could lead out of the kit, and what is written to it later too. */
function isPlainFile(path: string): boolean {
  return !lstatSync(path).isSymbolicLink();
}

/** Lists the outputs in the order of execution, each with its step and the reason of its tolerance. */
async function writeOutputs(folder: string, original: Case, b: Backend): Promise<void> {
  const kind = kitKinds.get(original.kind);
  const golden = new Map(original.outputs.map((output) => [output.name, output]));
  const outputs: (ExpectedOutput & { readonly step: string; readonly why: string })[] = [];
  const added = new Map<string, HostArray>();
  const note = (output: ExpectedOutput, why: string): void => {
    outputs.push({ ...output, step: stepOfOutput(kind, output.name), why });
  };
  if (kind !== undefined) {
    await runStaged(original, kind, b, {
      tensor(name, value) {
        const known = golden.get(name);
        if (known !== undefined) note(known, whyOfficial(known));
        else if (name.startsWith('stage/') || original.outputs.length === 0) {
          added.set(`out/${name}`, value);
          note(toleranceOf(name, value), whyOwn(name, value));
        }
        golden.delete(name);
      },
      json: () => undefined,
    });
  }
  for (const output of golden.values()) note(output, whyOfficial(output)); // of kinds that are not computed here
  const file = join(folder, 'case.json');
  const description = readJson(file) as Record<string, unknown>;
  const json_steps = Object.fromEntries(original.jsonOutputs.map((name) => [name, stepOfOutput(kind, name)]));
  const main = mainOutputs(original, outputs.map(({ name }) => name));
  const more = { level: levelOf(original.kind), main, json_steps, outputs };
  writeFileSync(file, `${JSON.stringify({ ...description, ...more }, null, 1)}\n`);
  if (added.size === 0) return;
  const archive = join(folder, 'tensors.npz');
  const kept = existsSync(archive) ? readNpz(readWholeSync(archive), archive) : new Map<string, HostArray>();
  writeFileSync(archive, writeNpz(new Map([...kept, ...added])));
}

/** For stages that this implementation computed: a hundred or so roundings of the largest value. */
function toleranceOf(name: string, value: HostArray): ExpectedOutput {
  const data = rowMajor(value);
  const shape = value.shape;
  if (!(data instanceof Float32Array)) {
    const atol = name === 'frames_u8' ? 1 : 0; // as in the official cases: truncation at a whole number
    return { name, shape, dtype: data instanceof Int32Array ? 'int32' : 'uint8', atol, rtol: 0 };
  }
  const largest = data.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  return { name, shape, dtype: 'float32', atol: Number((2e-5 * largest + 1e-7).toPrecision(2)), rtol: 1e-4 };
}

function whyOwn(name: string, value: HostArray): string {
  if (name === 'frames_u8') return 'truncated values near a whole number';
  return value.data instanceof Float32Array ? 'stage of infinitystar: 2e-5 of its largest value' : 'integers are exact';
}

function whyOfficial({ atol, rtol }: ExpectedOutput): string {
  return atol === 0 && rtol === 0 ? 'integers and bits are exact' : 'official code: a multiple of its float32 rounding noise';
}
