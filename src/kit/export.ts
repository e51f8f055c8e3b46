/**
 * Writes a kit: golden cases of the chosen levels, computed by the official code, with the stages in between that this
 * implementation adds, into a folder that can be read with a ZIP reader and a JSON reader alone.
 */

import { cpSync, existsSync, lstatSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { abortable } from '../backend/abortable.ts';
import type { Backend } from '../backend/backend.ts';
import { breathe } from '../breathe.ts';
import type { Case } from '../conform/case.ts';
import { findCases, loadCase, readJson } from '../conform/load.ts';
import { ArgumentError } from '../errors.ts';
import { plainPath } from '../io/plain-path.ts';
import { readWholeSync } from '../io/files.ts';
import { shippedFixture } from '../model/default.ts';
import { STEPS } from '../spec/steps.ts';
import { writeOutputs } from './export-outputs.ts';
import { generationCases } from './generation-cases.ts';
import { integerCases } from './own-cases.ts';
import { KIND_ORDER, levelOf, LEVELS } from './levels.ts';
import { KIT_FORMAT } from './manifest.ts';
import type { KitEntry } from './manifest.ts';
import { writeSafetensorsCopies } from './safetensors-copies.ts';
import { digestsOf, packageVersion, sourceCommit } from './version.ts';

export interface ExportOptions {
  /** The golden set to draw from. */
  readonly golden: string;
  readonly levels: readonly string[];
  /** Only cases whose id this accepts. */
  readonly wanted?: (id: string) => boolean;
  /** Ends the export with its reason. */
  readonly signal?: AbortSignal;
  /** False: without expected values, for those who are not to see them. */
  readonly answers?: boolean;
  /** Tensors as safetensors too. */
  readonly safetensors?: boolean;
}

/**
 * @returns what was written, in order.
 * @throws ArgumentError for an unknown level, or if nothing is left to write.
 */
export async function exportKit(directory: string, backend: Backend, options: ExportOptions): Promise<KitEntry[]> {
  const b = abortable(backend, options.signal);
  const unknown = options.levels.find((level) => !(level in LEVELS));
  if (unknown !== undefined) throw new ArgumentError('level', `one of ${Object.keys(LEVELS).join(', ')}`, unknown);
  const { wanted = () => true, answers = true } = options;
  const chosen = findCases(options.golden)
    .map(loadCase)
    .filter((c) => options.levels.includes(levelOf(c.kind) ?? '') && wanted(c.id));
  const entries: KitEntry[] = [];
  const add = async (c: Case, write: () => void): Promise<void> => {
    await breathe();
    options.signal?.throwIfAborted();
    write();
    await writeOutputs(join(directory, c.id), c, b, answers);
    entries.push({ id: c.id, kind: c.kind, level: levelOf(c.kind)! });
  };
  for (const c of chosen) await add(c, () => copyCase(options.golden, directory, c));
  for (const made of makeOwn(directory, options)) await add(made, () => copyShared(options.golden, directory, made));
  if (entries.length === 0) throw new ArgumentError('levels', 'levels that the golden set has cases of', options.levels);
  const place = ({ kind }: KitEntry): number => KIND_ORDER.indexOf(kind);
  const ordered = entries.sort((x, y) => place(x) - place(y) || (x.id < y.id ? -1 : 1));
  const steps = Object.fromEntries(
    Object.entries(STEPS).map(([id, { title, paper, official }]) => [id, { title, paper, official }]),
  );
  const pages = [join(options.golden, 'FORMAT.md'), shippedFixture('kit/FORMAT.md')].filter((page) => existsSync(page));
  writeFileSync(join(directory, 'FORMAT.md'), Buffer.concat(pages.map((page) => readWholeSync(page))));
  if (options.safetensors === true) writeSafetensorsCopies(directory);
  const identity = { format: KIT_FORMAT, version: packageVersion(), commit: sourceCommit(), answers };
  const content = { ...identity, levels: LEVELS, cases: ordered, steps, files: digestsOf(directory) };
  writeFileSync(join(directory, 'kit.json'), `${JSON.stringify(content, null, 1)}\n`);
  return ordered;
}

/** The cases that are not golden, of the chosen levels. */
function makeOwn(directory: string, { golden, levels, wanted = () => true }: ExportOptions): Case[] {
  const makers = [...integerCases, ...generationCases(golden)];
  const chosen = makers.filter(({ id, kind }) => levels.includes(levelOf(kind)!) && wanted(id));
  return chosen.map((maker) => maker.make(join(directory, maker.id), maker.id));
}

/** The case's folder and the further files that it names. */
function copyCase(golden: string, directory: string, c: Case): void {
  cpSync(c.directory, join(directory, c.id), { recursive: true, filter: isPlainFile });
  copyShared(golden, directory, c);
}

/** The weights and tokenizers that a case names. */
function copyShared(golden: string, directory: string, c: Case): void {
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

