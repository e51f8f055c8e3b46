/**
 * Guidance: the logits of the prompt pushed away from those of the null (or negative) prompt.
 *
 *   c, u = logits / τ                                        temperature comes first
 *   CFG:  g = s·c + (1 − s)·u
 *   APG:  Δ = (c − u) · min(1, threshold / rms(c − u))       adaptive projected guidance
 *         g = c + (s − 1) · (Δ⊥ + η·Δ∥)                      Δ∥ the part of Δ along c
 *
 * Root mean square and projection go over all tokens and logits of the step together, in double precision.
 * A scale s of 1 means no guidance: g = c, the second row is not used.
 *
 * Source: models/infinity.py:ar_infer_infinity_elegant, models/apg.py:normalized_guidance. Spec S4.
 */

import type { HostTensor } from '../array/host.ts';
import { rowMajor } from '../array/host.ts';
import { ArgumentError } from '../errors.ts';

export interface ProjectedGuidance {
  readonly method: 'apg';
  /** Largest root mean square of the difference; 0: no limit. */
  readonly threshold: number;
  /** Share of the parallel part that is kept; 0 in the released settings. */
  readonly eta: number;
}

export type Guidance = { readonly method: 'cfg' } | ProjectedGuidance;

/**
 * @param logits (rows, L, 2·bits): row 0 the prompt, row 1, needed unless `scale` is 1, what it is contrasted with.
 * @param tau temperature.
 * @returns L·2·bits guided logits.
 * @throws ArgumentError if guidance is asked for and there is no second row.
 */
export function guide(logits: HostTensor, tau: number, scale: number, guidance: Guidance): Float64Array {
  const values = rowMajor(logits);
  const rows = logits.shape[0];
  const n = values.length / rows;
  const row = (index: number): Float64Array => {
    const scaled = new Float64Array(n);
    for (let i = 0; i < n; i++) scaled[i] = values[index * n + i] * (1 / tau);
    return scaled;
  };
  const cond = row(0); // (L·2·bits)
  if (scale === 1) return cond;
  if (rows < 2) throw new ArgumentError('logits', 'a second row to guide away from', `${rows} row`);
  const uncond = row(1); // (L·2·bits)
  if (guidance.method === 'apg') return projectedGuidance(cond, uncond, scale, guidance);
  for (let i = 0; i < n; i++) cond[i] = scale * cond[i] + (1 - scale) * uncond[i]; // in place, in the loop of every step
  return cond;
}

/** APG of one sample: c + (s − 1)·(Δ⊥ + η·Δ∥). */
export function projectedGuidance(
  cond: Float64Array,
  uncond: Float64Array,
  scale: number,
  { threshold, eta }: Pick<ProjectedGuidance, 'threshold' | 'eta'>,
): Float64Array {
  const difference = cond.map((c, i) => c - uncond[i]); // c − u
  const rms = Math.sqrt(dot(difference, difference) / difference.length);
  const shorten = threshold > 0 && rms > threshold ? threshold / rms : 1;
  const along = Math.max(Math.sqrt(dot(cond, cond)), 1e-12);
  const unit = cond.map((c) => c / along); // c / ‖c‖
  const projection = dot(difference, unit) * shorten; // Δ · c/‖c‖
  return cond.map((c, i) => {
    const parallel = projection * unit[i];
    const orthogonal = difference[i] * shorten - parallel;
    return c + (scale - 1) * (orthogonal + eta * parallel);
  });
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
