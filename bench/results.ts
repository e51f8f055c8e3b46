/** What the benchmark finds, as `--json` prints it. */

import type { DevicePeak } from './device-peak.ts';
import type { Machine } from './machine.ts';
import type { Stage } from './generation.ts';
import type { HostTime } from './host-time.ts';
import type { Call, Share } from './profile.ts';

export interface TimedOperation {
  readonly name: string;
  readonly flops: number;
  /** Seconds on the clock and of the processor, medians. */
  readonly wall: number;
  readonly processor: number;
  readonly runs: number;
}

/** A step of training. */
export interface TimedStep {
  readonly name: string;
  /** Of all products. */
  readonly flops: number;
  /** Seconds on the clock and of the processor, medians. */
  readonly wall: number;
  readonly processor: number;
  readonly runs: number;
  readonly calls: readonly Call[];
  /** On one thread. */
  readonly shares: readonly Share[];
}

/** One backend with one number of threads. */
export interface Run {
  readonly backend: string;
  readonly threads: number;
  /** What a backend for GPUs computes with: mode, adapter, limits. */
  readonly computes?: string;
  /** What the adapter does at most, for the backend webgpu. */
  readonly peak?: DevicePeak;
  /** What a video takes of the host outside of the driver, for the backend webgpu. */
  readonly host?: HostTime;
  /** Whether that is a device beside the processor. */
  readonly onDevice: boolean;
  readonly operations: readonly TimedOperation[];
  readonly stages: readonly Stage[];
  /** Where steps of training are timed, nothing else is. */
  readonly training: readonly TimedStep[];
  /** Of a text-to-video generation, on one thread. */
  readonly sampling: readonly Share[];
  readonly decoding: readonly Share[];
  /** What single operations and the stages of that generation call, where PyTorch is to do the same. */
  readonly calls: Calls;
  /** Bytes of the process at most. */
  readonly memory: number;
}

/** By the name of what was timed. */
export type Calls = Readonly<Record<string, readonly Call[]>>;

/** Seconds that PyTorch takes for all calls of a name, by number of threads, and as `cuda` on a card. */
export type TorchTimes = Readonly<Record<string, Readonly<Record<string, number>>>>;

export interface Results {
  readonly size: string;
  readonly machine: Machine;
  /** Operations a second that one thread can do at most. */
  readonly peak: number;
  readonly runs: readonly Run[];
  readonly torch?: TorchTimes;
}

/**
 * Seconds that count: on one thread the processor's, which neighbours on the machine hardly change; on several, and on
 * other devices, the clock's.
 */
export function secondsOf(run: Pick<Run, 'threads' | 'onDevice'>, timed: { readonly wall: number; readonly processor: number }): number {
  return run.threads === 1 && !run.onDevice ? timed.processor : timed.wall;
}
