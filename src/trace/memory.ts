/** A trace in memory: what a page shows of a run, with the names and the values that `--trace` would write. */

import type { HostArray } from '../array/host.ts';
import { ArgumentError } from '../errors.ts';
import type { TraceReader, TraceStage } from './read.ts';
import { TraceRecorder } from './recorder.ts';

export interface MemoryTrace extends TraceReader {
  readonly recorder: TraceRecorder;
  /** The value of a stage. @throws ArgumentError if there is none of this name. */
  get(name: string): HostArray;
}

/** @param header what is run. @param wanted which names to keep; the outline unless given. */
export function memoryTrace(header: Readonly<Record<string, unknown>>, wanted?: (name: string) => boolean): MemoryTrace {
  const stages: TraceStage[] = [];
  const values = new Map<string, HostArray>();
  const recorder = new TraceRecorder((stage, value) => {
    stages.push(stage);
    values.set(stage.name, value);
  }, wanted);
  const get = (name: string): HostArray => {
    const value = values.get(name);
    if (value === undefined) throw new ArgumentError('name', 'a stage of the trace', name);
    return value;
  };
  return { header: { format: 1, ...header }, stages, recorder, get, value: async (name) => get(name) };
}
