/**
 * Watches a run and hands on what a trace holds (docs/traces.md), stage by stage in the order of execution. It listens to
 * the scopes of the model and to finished steps; the model knows nothing of it. Files (trace.ts) and memory (memory.ts)
 * take what it finds, so that both have the same values.
 */

import type { HostArray } from '../array/host.ts';
import { hostTensor, rowMajor } from '../array/host.ts';
import { Tensor } from '../backend/backend.ts';
import type { Backend } from '../backend/backend.ts';
import { observe } from '../backend/observe.ts';
import type { OnStep } from '../sampler/sample.ts';
import type { Uniforms } from '../sampler/uniforms.ts';
import { bitMargins } from './margin.ts';
import type { TraceStage } from './read.ts';
import { isOutline, stageName, stepOfStage } from './stages.ts';
import { statisticsOf } from './statistics.ts';
import { Taps } from './taps.ts';
import { valuesOf } from './values.ts';

/** Takes one value. */
export type TraceSink = (stage: TraceStage, value: HostArray) => void;

export class TraceRecorder {
  private readonly seen = new Map<string, number>();
  /** Of the run whose steps are being reported, e.g. `call1/`. */
  private prefix = '';

  /** @param wanted which names to hand on; those of {@link isOutline} unless given. */
  constructor(
    private readonly sink: TraceSink,
    private readonly wanted: (name: string) => boolean = isOutline,
  ) {}

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

  private value(name: string, value: HostArray): void {
    if (!this.wanted(name)) return;
    const times = (this.seen.get(name) ?? 0) + 1;
    this.seen.set(name, times);
    const unique = times === 1 ? name : `${name}#${times}`;
    const data = rowMajor(value);
    const dtype = data instanceof Float32Array ? 'float32' : data instanceof Int32Array ? 'int32' : 'uint8';
    this.sink({ name: unique, step: stepOfStage(name), shape: value.shape, dtype, ...statisticsOf(value) }, value);
  }
}

/** All blocks of a segment turn by one table: it is named once, for the segment. */
function ropeName(stage: string): string {
  return /block0\/attention$/.test(stage) ? stage.replace(/block0\/attention$/, 'rope') : '';
}
