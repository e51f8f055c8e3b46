/**
 * Writes down a run, stage by stage: `trace.jsonl`, one line a value in the order of execution, and `tensors.npz` with the
 * values under `out/<name>`. See docs/traces.md; what is watched, and how, is recorder.ts.
 */

import { mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { Backend } from '../backend/backend.ts';
import { finishSync, writeAllSync } from '../io/files.ts';
import type { OnStep } from '../sampler/sample.ts';
import type { Uniforms } from '../sampler/uniforms.ts';
import { ArchiveWriter } from './archive.ts';
import { TraceRecorder } from './recorder.ts';

export interface TraceOptions {
  /** Which names to write; those of {@link isOutline} unless given. */
  readonly wanted?: (name: string) => boolean;
  /** Put into the first line: what was run. */
  readonly header?: Readonly<Record<string, unknown>>;
}

export class Trace {
  private readonly archive: ArchiveWriter;
  private readonly lines: number;
  private readonly path: string;
  private readonly recorder: TraceRecorder;
  private index = 0;

  /** @param directory is made; nothing in it is overwritten. */
  constructor(directory: string, { wanted, header = {} }: TraceOptions = {}) {
    mkdirSync(directory, { recursive: true });
    this.path = join(directory, 'trace.jsonl');
    this.lines = openSync(this.path, 'wx');
    this.archive = new ArchiveWriter(join(directory, 'tensors.npz'));
    this.line({ format: 1, ...header });
    this.recorder = new TraceRecorder((stage, value) => {
      this.line({ index: this.index, ...stage });
      this.archive.add(`out/${stage.name}`, value);
      this.index += 1;
    }, wanted);
  }

  /** `b`, watched. */
  watch(b: Backend): Backend {
    return this.recorder.watch(b);
  }

  /** Notes finished steps. @param uniforms the same draws as the run's, which a step does not report. */
  steps(uniforms: Uniforms): OnStep {
    return this.recorder.steps(uniforms);
  }

  /** Values written so far. */
  get count(): number {
    return this.index;
  }

  /** Finishes the files; what a failed run has written can be read. */
  close(): void {
    try {
      this.archive.close();
    } finally {
      finishSync(this.lines, this.path);
    }
  }

  private line(content: object): void {
    writeAllSync(this.lines, new TextEncoder().encode(`${JSON.stringify(content)}\n`), this.path);
  }
}
