/**
 * Rope of the text: token i stands at scale position i and at 0 on the axes of time, height and width.
 *
 * Source: infinity/models/rope.py:precompute_rope4d_freqs_grid (freqs_text). Spec R2.
 */

import type { HostTensor } from '../array/host.ts';
import { ArgumentError } from '../errors.ts';
import type { RopeConfig } from './frequencies.ts';
import { gridRope } from './grid.ts';

/**
 * Cosines, then sines of `length` text tokens. (2, length, head_dim/2)
 * @throws ArgumentError if the text is longer than text_maxlen: its positions would be those of visual steps.
 */
export function textRope(config: RopeConfig, length: number): HostTensor {
  if (!Number.isSafeInteger(length) || length < 0 || length > config.text_maxlen) {
    throw new ArgumentError('length', `0 to ${config.text_maxlen} text tokens (text_maxlen)`, length);
  }
  return gridRope(config, { scale: [...Array(length).keys()], time: [0], height: [0], width: [0] });
}
