/**
 * Judges one result: |got − expected| ≤ atol + rtol·|expected|, with the rounding of the type that it is stored in added,
 * for every element; errors also in units in the last place of float32.
 */

import type { HostArray } from '../array/host.ts';
import { rowMajor, sameShape } from '../array/host.ts';
import type { ExpectedOutput } from '../conform/case.ts';
import { unravel } from '../conform/compare.ts';
import { unitOf } from './profiles.ts';
import type { PortArray } from './results.ts';

export type Status = 'passed' | 'diverged' | 'tie' | 'follows' | 'unjudged' | 'missing' | 'shape' | 'dtype' | 'nan' | 'unknown' | 'unreadable';

export interface ErrorSize {
  readonly absolute: number;
  readonly relative: number;
  /** float32 values between the two; huge where the signs differ. */
  readonly ulp: number;
}

export interface Judgement {
  readonly status: Status;
  readonly elements: number;
  /** Flat indices out of tolerance. */
  readonly failing: readonly number[];
  /** Of the worst element by each measure. */
  readonly worst: ErrorSize;
  readonly first?: {
    readonly index: readonly number[];
    readonly got: number;
    readonly expected: number;
    readonly error: ErrorSize;
  };
  readonly problem?: string;
}

/** Relative rounding of the narrow types: half a unit in the last place. */
const ROUNDING: Readonly<Record<string, number>> = { float16: unitOf('f16'), bfloat16: unitOf('bf16') };

const NONE: ErrorSize = { absolute: 0, relative: 0, ulp: 0 };

/** A result that cannot be compared. */
export function notComparable(status: Status, problem: string): Judgement {
  return { status, elements: 0, failing: [], worst: NONE, problem };
}

/** What is wrong with a result before values are looked at: its shape, or integers for floats; nothing if it can be compared. */
export function formProblem({ shape, dtype }: ExpectedOutput, got: PortArray): Judgement | undefined {
  if (!sameShape(got.shape, shape)) return notComparable('shape', `shape [${got.shape.join(', ')}], expected [${shape.join(', ')}]`);
  if (dtype.startsWith('float') !== /float/.test(got.dtype)) return notComparable('dtype', `type ${got.dtype}, expected ${dtype}`);
  return undefined;
}

export function judge(output: ExpectedOutput, got: PortArray, expected: HostArray): Judgement {
  const unlike = formProblem({ ...output, shape: expected.shape }, got);
  if (unlike !== undefined) return unlike;
  const right = rowMajor(expected);
  const stored = ROUNDING[got.dtype] ?? 0;
  const failing: number[] = [];
  let worst = NONE;
  let notNumbers = 0;
  for (let i = 0; i < right.length; i++) {
    const error = errorOf(got.values[i], right[i]);
    const tolerance = output.atol + (output.rtol + stored) * Math.abs(right[i]);
    if (!(error.absolute <= tolerance)) failing.push(i);
    if (!Number.isFinite(got.values[i])) notNumbers += 1;
    else {
      worst = {
        absolute: Math.max(worst.absolute, error.absolute),
        relative: Math.max(worst.relative, error.relative),
        ulp: Math.max(worst.ulp, error.ulp),
      };
    }
  }
  const at = failing[0];
  const first = at === undefined ? undefined : {
    index: unravel(at, expected.shape), got: got.values[at], expected: right[at], error: errorOf(got.values[at], right[at]),
  };
  const status = first === undefined ? 'passed' : notNumbers > 0 ? 'nan' : 'diverged';
  const problem = notNumbers > 0 ? { problem: `${notNumbers} of ${right.length} values are infinite or not a number` } : {};
  return { status, elements: right.length, failing, worst, ...(first === undefined ? {} : { first }), ...problem };
}

function errorOf(got: number, expected: number): ErrorSize {
  const absolute = Math.abs(got - expected);
  const relative = expected === 0 ? (absolute === 0 ? 0 : Infinity) : absolute / Math.abs(expected);
  return { absolute, relative, ulp: ulpsBetween(got, expected) };
}

const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);

/** How many steps between neighbouring float32 values lead from a to b. */
export function ulpsBetween(a: number, b: number): number {
  return Math.abs(order(a) - order(b));
}

/** The float32 values in their order as integers; +0 and −0 are the same. */
function order(x: number): number {
  float[0] = x;
  return bits[0] >= 0 ? bits[0] : -(bits[0] & 0x7fffffff);
}
