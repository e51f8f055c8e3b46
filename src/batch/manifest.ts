/**
 * The manifest of a batch: a line of JSON for each finished sample, written after its file. What it lists need not be made again;
 * a line that a kill cut off is dropped, and its sample made once more.
 */

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { appendFile, readFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { FileError } from '../errors.ts';
import { fileError } from '../io/files.ts';
import type { Sample } from './plan.ts';

export interface ManifestLine {
  /** Within the folder. */
  readonly path: string;
  /** As the evaluation knows it, and what was generated from. */
  readonly prompt: string;
  readonly text: string;
  readonly index: number;
  readonly sample: number;
  readonly seed: number;
  /** Everything else that the result depends on, as {@link settingsHash} takes it. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Of the model's config.json and weights. */
  readonly model: string;
  readonly version: string;
  readonly seconds: number;
  /** SHA-256 of the file. */
  readonly sha256: string;
}

/** `manifest.jsonl`; of a shard `manifest-2-of-8.jsonl`: joined with `cat` they are the manifest of all. */
export function manifestName([part, parts]: readonly [number, number]): string {
  return parts === 1 ? 'manifest.jsonl' : `manifest-${part}-of-${parts}.jsonl`;
}

/**
 * The finished samples of a folder, by path.
 * @throws FileError if a line in the middle is damaged.
 */
export async function readManifest(path: string): Promise<Map<string, ManifestLine>> {
  if (!existsSync(path)) return new Map();
  const text = await readFile(path, 'utf8');
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  if (whole.length < text.length) await truncate(path, Buffer.byteLength(whole));
  const lines = whole.split('\n').slice(0, -1);
  return new Map(lines.map((line, i) => {
    const entry = parseLine(line, `${path}:${i + 1}`);
    return [entry.path, entry];
  }));
}

function parseLine(line: string, where: string): ManifestLine {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new FileError(where, 'is damaged: no line of a manifest', { cause });
  }
  const { path, seed, sha256, text } = (value ?? {}) as Partial<ManifestLine>;
  if (typeof path !== 'string' || typeof seed !== 'number' || typeof sha256 !== 'string' || typeof text !== 'string') {
    throw new FileError(where, 'is damaged: no line of a manifest');
  }
  return value as ManifestLine;
}

export async function appendLine(path: string, line: ManifestLine): Promise<void> {
  try {
    await appendFile(path, `${JSON.stringify(line)}\n`);
  } catch (error) {
    throw fileError(path, error);
  }
}

/**
 * Whether a sample is there already: its line says the same as would be written now, and its file is as it was.
 * @throws FileError if there is something that is no file.
 */
export async function isDone(
  folder: string, line: ManifestLine | undefined, sample: Sample, settings: ManifestLine['settings'], model: string,
): Promise<boolean> {
  if (line === undefined || line.seed !== sample.seed || line.text !== sample.prompt.text || line.model !== model) return false;
  if (JSON.stringify(line.settings) !== JSON.stringify(settings)) return false;
  const file = join(folder, ...sample.path.split('/'));
  try {
    return existsSync(file) && sha256(await readFile(file)) === line.sha256;
  } catch (error) {
    throw fileError(file, error);
  }
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
