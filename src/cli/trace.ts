/** `--trace <folder>` and `--trace-only <pattern>`: see docs/traces.md. */

import type { Command } from 'commander';
import { ArgumentError } from '../errors.ts';
import type { Backend } from '../backend/backend.ts';
import { checkFolderTarget } from '../io/atomic.ts';
import type { OnStep } from '../sampler/sample.ts';
import { seededUniforms } from '../sampler/uniforms.ts';
import { stageFilter } from '../trace/stages.ts';
import { Trace } from '../trace/trace.ts';
import { backendOf } from './options.ts';
import type { ComputeOptions } from './options.ts';

export interface TraceFlags {
  readonly trace?: string;
  readonly traceOnly?: string;
}

export function addTraceOptions(command: Command): Command {
  return command
    .option('--trace <folder>', 'write every stage of the run into a new folder (docs/traces.md)')
    .option('--trace-only <pattern>', 'with --trace: only stages of these names, e.g. "clip1/**/logits" or "**/attention"');
}

/** What a traced run computes with, and whom it tells of its steps. */
export interface TracedRun {
  readonly backend: Backend;
  readonly onStep: OnStep;
}

/**
 * Runs with a trace if one is asked for, and closes it in any case.
 * @param header what is run, for the first line of the trace.
 * @throws FileError if the folder cannot be made or is not empty.
 */
export async function withTrace<T>(
  flags: TraceFlags & ComputeOptions & { readonly seed?: number },
  header: Readonly<Record<string, unknown>>,
  onStep: OnStep,
  signal: AbortSignal,
  body: (run: TracedRun) => Promise<T>,
): Promise<T> {
  if (flags.trace === undefined && flags.traceOnly !== undefined) {
    throw new ArgumentError('--trace-only', 'a folder to write to, by --trace', 'none');
  }
  const backend = await backendOf(flags, signal);
  if (flags.trace === undefined) return body({ backend, onStep });
  await checkFolderTarget(flags.trace);
  const trace = new Trace(flags.trace, {
    ...(flags.traceOnly === undefined ? {} : { wanted: stageFilter(flags.traceOnly) }),
    header: { ...header, backend: backend.name, ...(flags.seed === undefined ? {} : { seed: flags.seed }) },
  });
  const note = trace.steps(seededUniforms(flags.seed ?? 0));
  try {
    const result = await body({
      backend: trace.watch(backend),
      onStep: async (report, b) => {
        await note(report, b);
        await onStep(report, b);
      },
    });
    if (trace.count === 0) throw new ArgumentError('--trace-only', 'a pattern that some stage matches (docs/traces.md)', flags.traceOnly);
    return result;
  } finally {
    trace.close();
  }
}
