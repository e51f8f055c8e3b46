/**
 * Hooks for guidance and drawing of one's own, and what stands in their place unless they are given: the paper's.
 * docs/change-it.md has examples.
 */

import type { HostTensor } from '../array/host.ts';
import { rowMajor } from '../array/host.ts';
import { ArgumentError, ShapeError } from '../errors.ts';
import type { Step } from '../pyramid/repetition.ts';
import { drawBits } from './draw.ts';
import { guide } from './guidance.ts';
import type { Guidance } from './guidance.ts';

/** What a rule of guidance is told. */
export interface GuidanceSettings {
  /** Temperature and guidance scale of the step's scale. */
  readonly tau: number;
  readonly scale: number;
  readonly step: Step;
}

/**
 * From the head's logits, (rows, L, 2·bits), row 0 the prompt, row 1, unless every guidance scale is 1, the null or negative
 * prompt, to L·2·bits logits that are drawn from. Temperature is its affair too.
 */
export type GuidanceRule = (logits: HostTensor, settings: GuidanceSettings) => Float64Array;

/**
 * How the bits of a step follow from its guided logits, two a bit, and its uniforms, one a bit. A rule may be greedy, look at
 * a whole token, or turn a single bit.
 */
export type SamplingRule = (logits: Float64Array, uniforms: ArrayLike<number>, step: Step) => Uint8Array;

/**
 * The guided logits of a step.
 * @throws ShapeError if a rule gives another number of logits.
 */
export function guideStep(logits: HostTensor, settings: GuidanceSettings, guidance: Guidance | GuidanceRule): Float64Array {
  if (typeof guidance !== 'function') return guide(logits, settings.tau, settings.scale, guidance);
  const guided = guidance(logits, settings);
  const count = rowMajor(logits).length / logits.shape[0];
  if (guided.length !== count) throw new ShapeError('guidance', `${count} logits, two a bit`, guided.length);
  return guided;
}

/**
 * The bits of a step.
 * @throws ArgumentError unless a rule gives one bit of 0 or 1 for every uniform.
 */
export function drawStep(
  rule: SamplingRule | undefined, logits: Float64Array, uniforms: ArrayLike<number>, step: Step,
): Uint8Array {
  if (rule === undefined) return drawBits(logits, uniforms);
  const bits = rule(logits, uniforms, step);
  if (bits.length !== uniforms.length) throw new ArgumentError('draw', `${uniforms.length} bits, one a uniform`, bits.length);
  const wrong = bits.find((bit) => bit > 1);
  if (wrong !== undefined) throw new ArgumentError('draw', 'bits of 0 or 1', wrong);
  return bits;
}
