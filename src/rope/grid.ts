/**
 * Rope of a grid of tokens: token (s, t, y, x) gets [scale_s | time_t | height_y | width_x], n = head_dim/8 pairs each.
 * A visual step has one position on the scale axis, a text only that axis. The four tables are computed once
 * per position and copied to the tokens: a step of tens of thousands of tokens costs a few thousand cosines.
 *
 * Source: infinity/models/rope.py:precompute_rope4d_freqs_grid (freqs_text),
 * infinity/schedules/infinity_elegant.py:get_visual_rope_embeds (the concatenation). Spec R1.
 */

import { hostTensor } from '../array/host.ts';
import type { HostTensor } from '../array/host.ts';
import { AXES, rotaryTable } from './frequencies.ts';
import type { RopeConfig } from './frequencies.ts';

/** Positions along the four axes; the tokens are all combinations, the last axis fastest. */
export interface GridPositions {
  readonly scale: ArrayLike<number>;
  readonly time: ArrayLike<number>;
  readonly height: ArrayLike<number>;
  readonly width: ArrayLike<number>;
}

/** Cosines, then sines, of every token. (2, L, head_dim/2), L the product of the four lengths. */
export function gridRope(config: RopeConfig, { scale, time, height, width }: GridPositions): HostTensor {
  const axes = [scale, time, height, width];
  const lengths = axes.map((positions) => positions.length);
  const tables = axes.map((positions) => rotaryTable(config, positions)); // 4 × (2, P, n)
  const n = tables[0].shape[2];
  const tokens = lengths.reduce((product, length) => product * length, 1); // L
  const rope = new Float32Array(2 * tokens * AXES * n); // (2, L, 4n)
  tables.forEach((table, axis) => {
    const length = lengths[axis];
    const inner = lengths.slice(axis + 1).reduce((product, extent) => product * extent, 1); // tokens per position
    for (let part = 0; part < 2; part++) {
      for (let token = 0; token < tokens; token++) {
        const from = (part * length + (Math.floor(token / inner) % length)) * n;
        const to = ((part * tokens + token) * AXES + axis) * n;
        for (let i = 0; i < n; i++) rope[to + i] = table.data[from + i]!;
      }
    }
  });
  return hostTensor(rope, [2, tokens, AXES * n]);
}
