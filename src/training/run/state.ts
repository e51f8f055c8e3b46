/**
 * Everything that a run needs to go on: a checkpoint is this and nothing else. Random draws need no state, for those of a
 * step come from the seed and the step's number alone; so a resumed run does what an uninterrupted one does, to the bit.
 */

import { hostTensor, rowMajor } from '../../array/host.ts';
import type { HostTensor } from '../../array/host.ts';
import { seededUniforms } from '../../sampler/uniforms.ts';
import type { Uniforms } from '../../sampler/uniforms.ts';
import { initialState } from '../adamw.ts';
import type { AdamWState } from '../adamw.ts';

export type Values = ReadonlyMap<string, HostTensor>;

export interface TrainingState {
  /** Steps done. */
  readonly step: number;
  readonly parameters: Values;
  /** Their moving average: what the run makes. */
  readonly average: Values;
  readonly adam: AdamWState;
}

export function newState(parameters: Values): TrainingState {
  const average = new Map([...parameters].map(([key, x]) => [key, hostTensor(rowMajor(x).slice(), x.shape)]));
  return { step: 0, parameters, average, adam: initialState(parameters) };
}

/** The uniforms of one step. */
export function drawsOfStep(seed: number, step: number): Uniforms {
  return seededUniforms((Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(step + 1, 0x85ebca6b)) >>> 0);
}
