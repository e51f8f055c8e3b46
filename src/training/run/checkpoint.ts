/**
 * Checkpoints: one safetensors file, replaced as a whole or not at all, so that the last good one survives a kill or a full
 * disk. Keys: `parameters.…`, `average.…`, `adam.mean.…`, `adam.square.…`; metadata: the steps and the run's settings.
 */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { HostTensor } from '../../array/host.ts';
import { ArgumentError, FileError } from '../../errors.ts';
import { writeFileAtomic } from '../../io/atomic.ts';
import { Fields } from '../../io/fields.ts';
import { openSafetensorsPath } from '../../io/sharded-safetensors.ts';
import { parseStrictJsonText } from '../../io/strict-json.ts';
import { safetensorsChunks } from '../../io/write-safetensors.ts';
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

/**
 * @returns undefined if the folder has no checkpoint.
 * @throws FileError if it is damaged, ArgumentError if it belongs to a run with other settings.
 */
export async function loadCheckpoint(folder: string, settings: string): Promise<TrainingState | undefined> {
  const path = checkpointFile(folder);
  if (!existsSync(path)) return undefined;
  const file = await openSafetensorsPath(path).catch((error: unknown) => {
    throw error instanceof FileError ? new FileError(path, `${error.problem}; move it away to begin anew`, { cause: error }) : error;
  });
  try {
    const [step, adamStep] = ['step', 'adam_step'].map((name) => Number(file.metadata.get(name) ?? NaN));
    if (!Number.isSafeInteger(step) || !Number.isSafeInteger(adamStep)) throw new FileError(path, 'is not a training checkpoint');
    const other = file.metadata.get('settings') ?? '';
    if (other !== settings) {
      throw new ArgumentError('run', `a new folder, or one whose run began with the same ${differing(settings, other)}`, folder);
    }
    const groups = new Map<string, Map<string, HostTensor>>(GROUPS.map((name) => [name, new Map()]));
    for (const key of file.shapes.keys()) {
      const group = GROUPS.find((name) => key.startsWith(`${name}.`));
      if (group === undefined) throw new FileError(path, `holds an unknown tensor '${key}'`);
      groups.get(group)!.set(key.slice(group.length + 1), await file.tensor(key));
    }
    const [parameters, average, mean, square] = GROUPS.map((name): Values => groups.get(name)!);
    return { step, parameters, average, adam: { step: adamStep, mean, square } };
  } finally {
    await file.close();
  }
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
  const tensors = [...values].map(([key, value]) => ({ key, shape: value.shape, dtype, values: () => value }));
  await writeFileAtomic(path, safetensorsChunks(tensors));
}

/** Reads all tensors of a file; of a checkpoint the averaged weights. */
export async function readWeights(path: string): Promise<Values> {
  const file = await openSafetensorsPath(path);
  try {
    const prefix = file.metadata.has('adam_step') ? 'average.' : '';
    const values = new Map<string, HostTensor>();
    for (const key of file.shapes.keys()) {
      if (key.startsWith(prefix)) values.set(key.slice(prefix.length), await file.tensor(key));
    }
    return values;
  } finally {
    await file.close();
  }
}
