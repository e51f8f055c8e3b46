/**
 * Writes down a run, stage by stage: `trace.jsonl`, one line a value in the order of execution, and `tensors.npz` with the
 * values under `out/<name>`. See docs/traces.md. It listens to the scopes of the model and to finished steps; the
 * model knows nothing of it.
 */

import { mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { HostArray } from '../array/host.ts';
import { hostTensor, rowMajor } from '../array/host.ts';
import { Tensor } from '../backend/backend.ts';
import type { Backend } from '../backend/backend.ts';
import { observe } from '../backend/observe.ts';
import type { OnStep } from '../sampler/sample.ts';
import type { Uniforms } from '../sampler/uniforms.ts';
import { finishSync, writeAllSync } from '../io/files.ts';
import { ArchiveWriter } from './archive.ts';
import { bitMargins } from './margin.ts';
import { isOutline, stageName, stepOfStage } from './stages.ts';
import { statisticsOf } from './statistics.ts';
import { Taps } from './taps.ts';
import { valuesOf } from './values.ts';

export interface TraceOptions {
  /** Which names to write; those of {@link isOutline} unless given. */
  readonly wanted?: (name: string) => boolean;
  /** Put into the first line: what was run. */
  readonly header?: Readonly<Record<string, unknown>>;
}

export class Trace {
  private readonly archive: ArchiveWriter;
  private readonly path: string;
  private readonly lines: number;
  private readonly wanted: (name: string) => boolean;
  private readonly seen = new Map<string, number>();
  private index = 0;
  /** Of the run whose steps are being reported, e.g. `call1/`. */
  private prefix = '';

  /** @param directory is made; nothing in it is overwritten. */
  constructor(directory: string, { wanted = isOutline, header = {} }: TraceOptions = {}) {
    mkdirSync(directory, { recursive: true });
    this.wanted = wanted;
    this.path = join(directory, 'trace.jsonl');
    this.lines = openSync(this.path, 'wx');
    this.archive = new ArchiveWriter(join(directory, 'tensors.npz'));
    this.line({ format: 1, ...header });
  }

  /** `b`, watched. */
  watch(b: Backend): Backend {
    return observe(new Taps(b), (path, value, inner) => this.stage(path, value, inner));
  }

  /** Notes finished steps. @param uniforms the same draws as the run's, which a step does not report. */
  steps(uniforms: Uniforms): OnStep {
    return async ({ clip, scale, repeat, guided, sampled, bits, code }, b) => {
      const name = (part: string): string => `${this.prefix}clip${clip}/scale${scale}/rep${repeat}/${part}`;
      const drawn = uniforms.next(sampled.length);
      this.value(name('guided'), hostTensor(Float32Array.from(guided), [1, sampled.length, 2]));
      this.value(name('uniforms'), hostTensor(Float32Array.from(drawn), [sampled.length]));
      this.value(name('margin'), hostTensor(bitMargins(guided, drawn), [sampled.length]));
      this.value(name('sampled'), hostTensor(sampled, [sampled.length]));
      this.value(name('bits'), bits);
      if (this.wanted(name('code'))) this.value(name('code'), await b.read(code));
    };
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

  private async stage(path: string, value: unknown, b: Backend): Promise<void> {
    const stage = stageName(path);
    this.prefix = /^(call\d+\/)/.exec(stage)?.[1] ?? this.prefix;
    const taken = b instanceof Taps ? [...b.taken] : [];
    for (const [part, found] of [...taken, ...valuesOf(value)]) {
      const name = part === 'rope' ? ropeName(stage) : part === '' ? stage : `${stage}/${part}`;
      if (name === '' || !this.wanted(name)) continue;
      this.value(name, found instanceof Tensor ? await b.read(found) : found);
    }
  }

  /** Writes one value. */
  private value(name: string, value: HostArray): void {
    if (!this.wanted(name)) return;
    const times = (this.seen.get(name) ?? 0) + 1;
    this.seen.set(name, times);
    const unique = times === 1 ? name : `${name}#${times}`;
    const data = rowMajor(value);
    const dtype = data instanceof Float32Array ? 'float32' : data instanceof Int32Array ? 'int32' : 'uint8';
    this.line({ index: this.index, name: unique, step: stepOfStage(name), shape: value.shape, dtype, ...statisticsOf(value) });
    this.archive.add(`out/${unique}`, value);
    this.index += 1;
  }

  private line(content: object): void {
    writeAllSync(this.lines, new TextEncoder().encode(`${JSON.stringify(content)}\n`), this.path);
  }
}

/** All blocks of a segment turn by one table: it is named once, for the segment. */
function ropeName(stage: string): string {
  return /block0\/attention$/.test(stage) ? stage.replace(/block0\/attention$/, 'rope') : '';
}
