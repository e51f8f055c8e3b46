/**
 * Token pruning at the large scales: cells of a scale that no longer change are left out of the network, and the running code
 * stays there as it is (partial update).
 *
 *   s = cos(S_{k−1}, S_{k−2})      spatial: how little the scale before changed a cell
 *   m = cos(S_{k−1}, S′)           temporal: how like the end of the clip before it is; s in the first clip
 *   keep the share of cells with the largest 1 − (w·s + (1 − w)·m)
 *   S ← S + mask ⊙ trilinear(codes(bits))
 *
 * Uniforms are drawn for all cells, so that those that are kept see the same ones as in the full run. Keys and values that later
 * clips see are those of the kept cells.
 *
 * Source: Yune, Jeong, Kim, FastSTAR: Spatiotemporal Token Pruning for Efficient Autoregressive Video Synthesis, arXiv 2603.07192
 * (training-free; spatial and temporal similarity, partial update). The exact weights are not known to us: w, the share and the
 * scales are settings here. Not part of the released code; off unless asked for.
 */

import type { HostBits, HostTensor } from '../array/host.ts';
import { hostTensor, rowMajor } from '../array/host.ts';
import type { Backend, Tensor } from '../backend/backend.ts';
import { ArgumentError } from '../errors.ts';
import type { Scale } from '../pyramid/scales.ts';

export interface TokenPruning {
  /** Of the cells of a pruned scale, this share goes through the network, above 0 and at most 1. */
  readonly keep: number;
  /** So many scales of each clip, its last ones, are pruned; 1 unless given. */
  readonly scales?: number;
  /** w, 0 to 1; 0.5 unless given. */
  readonly spatial?: number;
}

/** What is known before a scale: running codes (1, C, t, H, W) at the ends of a clip's finished scales, and of the last clip. */
export interface CodeHistory {
  readonly ends: readonly HostTensor[];
  readonly former: HostTensor | undefined;
}

/** @throws ArgumentError naming a setting that is out of its range. */
export function checkPruning({ keep, scales = 1, spatial = 0.5 }: TokenPruning): void {
  if (!(keep > 0 && keep <= 1)) throw new ArgumentError('pruning.keep', 'a share above 0, at most 1', keep);
  if (!Number.isInteger(scales) || scales < 1) throw new ArgumentError('pruning.scales', 'a positive integer', scales);
  if (!(spatial >= 0 && spatial <= 1)) throw new ArgumentError('pruning.spatial', 'a number from 0 to 1', spatial);
}

/**
 * The cells of a scale that are kept, ascending in (t, h, w) order; undefined: all of them.
 * @param fromLast 0 for the last scale of a clip, 1 for the one before, …
 */
export function keptCells(
  pruning: TokenPruning, fromLast: number, scale: Scale, { ends, former }: CodeHistory,
): Int32Array | undefined {
  const { keep, scales = 1, spatial = 0.5 } = pruning;
  if (keep === 1 || fromLast >= scales || ends.length < 2) return undefined;
  const [now, before] = [ends.at(-1)!, ends.at(-2)!];
  const [t, h, w] = scale;
  const importance = new Float64Array(t * h * w);
  const places = importance.map((_, i) => i);
  for (let i = 0; i < importance.length; i++) {
    const place = [Math.floor(i / (h * w)), ((Math.floor(i / w) % h) + 0.5) / h, ((i % w) + 0.5) / w] as const;
    const still = cosine(now, before, place, place[0]);
    const like = former === undefined ? still : cosine(now, former, place, former.shape[2] - 1);
    importance[i] = 1 - (spatial * still + (1 - spatial) * like);
  }
  const ranked = Array.from(places).sort((a, b) => importance[b] - importance[a] || a - b);
  return Int32Array.from(ranked.slice(0, Math.max(1, Math.ceil(keep * ranked.length)))).sort();
}

/** Of the channels of two codes (1, C, t, H, W) at one place: frame, and rows and columns from 0 to 1. */
function cosine(a: HostTensor, b: HostTensor, [t, y, x]: readonly [number, number, number], frameOfB: number): number {
  const [, channels, , H, W] = a.shape as [number, number, number, number, number];
  const [row, column] = [Math.floor(y * H), Math.floor(x * W)];
  let [ab, aa, bb] = [0, 0, 0];
  for (let c = 0; c < channels; c++) {
    const [p, q] = [a.get(0, c, t, row, column), b.get(0, c, frameOfB, row, column)];
    ab += p * q;
    aa += p * p;
    bb += q * q;
  }
  return ab / Math.max(Math.sqrt(aa * bb), 1e-12);
}

/** tokens (rows, L, C) → those of the kept cells, (rows, L′, C) */
export function takeTokens(b: Backend, tokens: Tensor, kept: Int32Array): Tensor {
  const [rows, length, width] = tokens.shape as [number, number, number];
  const all = Int32Array.from({ length: rows * kept.length }, (_, i) => {
    return Math.floor(i / kept.length) * length + kept[i % kept.length];
  });
  const taken = b.take(b.reshape(tokens, [rows * length, width]), all); // (rows·L′, C)
  return b.reshape(taken, [rows, kept.length, width]); // (rows, L′, C)
}

/** Rotary table (2, L, D/2) → (2, L′, D/2) */
export function takeRope(rope: HostTensor, kept: Int32Array): HostTensor {
  const [, length, half] = rope.shape as [number, number, number];
  const source = rowMajor(rope);
  const values = new Float32Array(2 * kept.length * half);
  for (let i = 0; i < 2 * kept.length; i++) {
    const from = (Math.floor(i / kept.length) * length + kept[i % kept.length]) * half;
    values.set(source.subarray(from, from + half), i * half);
  }
  return hostTensor(values, [2, kept.length, half]);
}

/** Of numbers of all cells, `width` each, those of the kept ones. */
export function takeNumbers(numbers: ArrayLike<number>, kept: Int32Array, width: number): Float64Array {
  return Float64Array.from({ length: kept.length * width }, (_, i) => numbers[kept[Math.floor(i / width)] * width + (i % width)]);
}

/** Bits of the kept cells, `width` each, among zeros: (1, t, h, w, width) */
export function spreadBits(bits: Uint8Array, kept: Int32Array, scale: Scale, width: number): HostBits {
  const all = new Uint8Array(scale[0] * scale[1] * scale[2] * width);
  kept.forEach((cell, i) => all.set(bits.subarray(i * width, (i + 1) * width), cell * width));
  return hostTensor(all, [1, ...scale, width]);
}

/** 1 where a cell is kept, else 0: (1, 1, t, h, w) */
export function maskOf(kept: Int32Array, scale: Scale): HostTensor {
  const values = new Float32Array(scale[0] * scale[1] * scale[2]);
  for (const cell of kept) values[cell] = 1;
  return hostTensor(values, [1, 1, ...scale]);
}
