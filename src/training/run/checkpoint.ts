/**
 * Checkpoints: one safetensors file, replaced as a whole or not at all, so that the last good one survives a kill or a full
 * disk. Keys: `parameters.…`, `average.…`, `adam.mean.…`, `adam.square.…`; metadata: the steps and the run's settings.
 */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { rowMajor } from '../../array/host.ts';
import type { HostTensor, Shape } from '../../array/host.ts';
import { ArgumentError, FileError } from '../../errors.ts';
import { writeFileAtomic } from '../../io/atomic.ts';
import { Fields } from '../../io/fields.ts';
import { openSafetensorsPath } from '../../io/sharded-safetensors.ts';
import { parseStrictJsonText } from '../../io/strict-json.ts';
import { beyond, safetensorsChunks } from '../../io/write-safetensors.ts';
import { checkFinite } from '../../model/check-finite.ts';
import { matchKeys, summary } from '../../model/match-keys.ts';
import type { TrainingState, Values } from './state.ts';

const GROUPS = ['parameters', 'average', 'adam.mean', 'adam.square'] as const;

function checkpointFile(folder: string): string {
  return join(folder, 'checkpoint.safetensors');
}

/** @param settings what the run depends on; a resumed run must have the same. */
export async function saveCheckpoint(folder: string, state: TrainingState, settings: string): Promise<void> {
  const groups = [state.parameters, state.average, state.adam.mean, state.adam.square];
  const tensors = groups.flatMap((group, i) => [...group].map(([key, value]) => ({
    key: `${GROUPS[i]}.${key}`, shape: value.shape, dtype: 'F32' as const, values: () => value,
  })));
  const metadata = { step: String(state.step), adam_step: String(state.adam.step), settings };
  await writeFileAtomic(checkpointFile(folder), safetensorsChunks(tensors, metadata));
}

/** What a run expects of its checkpoint. */
export interface RunForm {
  readonly settings: string;
  readonly steps: number;
  /** The parameters at the start: their names and shapes. */
  readonly initial: () => Values;
}

/**
 * @returns undefined if the folder has no checkpoint.
 * @throws FileError if it is damaged: a tensor is missing, too much, of another shape or not finite, or a step impossible;
 *   ArgumentError if it belongs to a run with other settings.
 */
export async function loadCheckpoint(folder: string, { settings, steps, initial }: RunForm): Promise<TrainingState | undefined> {
  const path = checkpointFile(folder);
  if (!existsSync(path)) return undefined;
  const file = await openSafetensorsPath(path).catch((error: unknown) => {
    throw error instanceof FileError ? new FileError(path, `${error.problem}; move it away to begin anew`, { cause: error }) : error;
  });
  try {
    const [step, adamStep] = ['step', 'adam_step'].map((name) => wholeNumber(file.metadata.get(name)));
    if (step === undefined || adamStep === undefined) throw new FileError(path, 'is not a training checkpoint');
    const other = file.metadata.get('settings') ?? '';
    if (other !== settings) {
      throw new ArgumentError('run', `a new folder, or one whose run began with the same ${differing(settings, other)}`, folder);
    }
    if (step > steps || adamStep > step) {
      throw new FileError(path, `is damaged: step ${step} (of the optimizer ${adamStep}) of a run of ${steps} steps`);
    }
    checkTensors(path, file.shapes, initial());
    const groups = new Map<string, Map<string, HostTensor>>(GROUPS.map((name) => [name, new Map()]));
    for (const key of file.shapes.keys()) {
      const group = GROUPS.find((name) => key.startsWith(`${name}.`));
      if (group === undefined) throw new FileError(path, `holds an unknown tensor '${key}'`);
      const values = await file.tensor(key);
      checkFinite(key, values);
      if (group === 'adam.square' && values.data.some((value) => value < 0)) throw new FileError(path, `is damaged: '${key}' is negative`);
      groups.get(group)!.set(key.slice(group.length + 1), values);
    }
    const [parameters, average, mean, square] = GROUPS.map((name): Values => groups.get(name)!);
    return { step, parameters, average, adam: { step: adamStep, mean, square } };
  } finally {
    await file.close();
  }
}

/** Every parameter has its value, average, mean and square, each of the parameter's shape; there is nothing else. */
function checkTensors(path: string, shapes: ReadonlyMap<string, Shape>, initial: Values): void {
  const expected = new Map(GROUPS.flatMap((group) => [...initial].map(([key, { shape }]) => [`${group}.${key}`, shape] as const)));
  const { missing, mismatched, extra } = matchKeys(expected, new Map([...shapes].map(([key, shape]) => [key, { shape }])));
  const problems = [...summary('missing', missing), ...summary('of another shape', mismatched), ...summary('unknown', extra)];
  if (problems.length > 0) throw new FileError(path, `is damaged: ${problems.join('; ')}; move it away to begin anew`);
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** The settings that are not the same in both. */
function differing(a: string, b: string): string {
  try {
    const [x, y] = [a, b].map((text) => new Fields(parseStrictJsonText(text, 'settings'), 'settings'));
    const keys = [...new Set([...x.keys, ...y.keys])];
    return keys.filter((key) => JSON.stringify(x.unknown(key)) !== JSON.stringify(y.unknown(key))).join(', ');
  } catch {
    return 'settings';
  }
}

/** Writes weights, as half-precision numbers unless `dtype` says otherwise. */
export async function writeWeights(path: string, values: Values, dtype: 'F16' | 'F32' = 'F16'): Promise<void> {
  // A weight that half precision cannot hold stays as it is.
  const typeOf = (value: HostTensor): 'F16' | 'F32' => (beyond(dtype, rowMajor(value)).count > 0 ? 'F32' : dtype);
  const tensors = [...values].map(([key, value]) => ({ key, shape: value.shape, dtype: typeOf(value), values: () => value }));
  await writeFileAtomic(path, safetensorsChunks(tensors));
}

/** Reads all tensors of a file; of a checkpoint the averaged weights. */
export async function readWeights(path: string): Promise<Values> {
  const file = await openSafetensorsPath(path);
  try {
    const prefix = file.metadata.has('adam_step') ? 'average.' : '';
    const values = new Map<string, HostTensor>();
    for (const key of file.shapes.keys()) {
      if (!key.startsWith(prefix)) continue;
      const value = await file.tensor(key);
      checkFinite(key, value);
      values.set(key.slice(prefix.length), value);
    }
    return values;
  } finally {
    await file.close();
  }
}
