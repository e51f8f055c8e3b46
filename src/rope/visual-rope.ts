/**
 * Rope of one visual step: token (t, y, x) of a scale h × w stands at
 *
 *   scale   text_maxlen + realSi
 *   time    the absolute latent frame of t
 *   height  round(y · H/h)       H × W: the schedule's last scale
 *   width   round(x · W/w)
 *
 * so that scales of all sizes share one coordinate system. The products are those of single precision and ties go
 * to the even row, which matters: with 14 rows in 57, float32(57/14) · 7 rounds to 28.500002, and row 7 becomes 29;
 * in doubles it would be 28.
 *
 * Source: appendix; infinity/schedules/infinity_elegant.py:get_visual_rope_embeds; for explicit lists of frames
 * infinity/schedules/infinity_star_interact.py:get_visual_rope_embeds. Spec R3.
 */

import type { HostTensor } from '../array/host.ts';
import { ArgumentError } from '../errors.ts';
import { roundHalfEven } from '../pyramid/rounding.ts';
import type { Size } from '../pyramid/scales.ts';
import type { RopeConfig } from './frequencies.ts';
import { gridRope } from './grid.ts';

export interface VisualStep {
  /** Number of the step over all repetitions (P4); conditions of interactive generation take 800 and 801 (S11). */
  readonly realSi: number;
  /** Absolute latent frames, one for each t of the scale, in any order. */
  readonly frames: readonly number[];
  /** Rows and columns of this scale. */
  readonly size: Size;
  /** Rows and columns of the schedule's last scale. */
  readonly fullSize: Size;
}

/**
 * Cosines, then sines of the step's tokens, w fastest. (2, frames·h·w, head_dim/2)
 * @throws ArgumentError if a position or an extent is not an integer in its range.
 */
export function visualRope(config: RopeConfig, { realSi, frames, size, fullSize }: VisualStep): HostTensor {
  if (!isPosition(realSi)) throw new ArgumentError('realSi', 'an integer of at least 0', realSi);
  if (!frames.every(isPosition)) throw new ArgumentError('frames', 'integers of at least 0', frames);
  return gridRope(config, {
    scale: [config.text_maxlen + realSi],
    time: frames,
    height: gridRows(size[0], fullSize[0]),
    width: gridRows(size[1], fullSize[1]),
  });
}

/** The latent frames start … end − 1 of a clip. */
export function frameRange(start: number, end: number): number[] {
  return Array.from({ length: end - start }, (_, i) => start + i);
}

/**
 * Rows of the full grid at which a smaller one's rows stand: round(float32(i)·float32(full/count)). (count)
 * @throws ArgumentError if an extent is not a positive integer.
 */
export function gridRows(count: number, full: number): Int32Array {
  if (!isPosition(count) || count === 0) throw new ArgumentError('size', 'positive integers', count);
  if (!isPosition(full) || full === 0) throw new ArgumentError('fullSize', 'positive integers', full);
  const stretch = Math.fround(full / count);
  return Int32Array.from({ length: count }, (_, i) => roundHalfEven(Math.fround(i * stretch)));
}

function isPosition(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
