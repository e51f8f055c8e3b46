/**
 * Training on some scales of a sample that is too long for a sequence. With variable length one of these outcomes is drawn,
 * K scales a clip, weights `video_var_len_prob`:
 *
 *     5 s    the image · and 8, 11 of the clip · 11 and the 12th or 13th alone · with `drop_720p_last_scale` 8 and the 14th,
 *            without it the 14th or the 15th with what they refer to
 *     10 s   further: what the second clip refers to, and its first 11, or its 12th, 13th or 14th alone
 *
 * Without: the image and one large scale, or the first ones (`train_192pshort`), then others in a drawn order while they fit.
 *
 * The official offsets (8, 11, 12, 13) are counted for 14 or 15 scales a clip. A model with fewer takes as large a part of
 * its own; what then names a scale twice, or one that a sample does not have, names it once or not at all.
 *
 * Official: schedules/infinity_elegant.py:video_encode_global_bsc ("train partial scales").
 */

import { sizeOf } from '../../array/host.ts';
import type { Schedule } from '../../pyramid/schedule.ts';
import type { Uniforms } from '../../sampler/uniforms.ts';
import { drawChoice, drawOrder } from './choices.ts';

/** Official names. */
export interface PartialScales {
  readonly train_with_var_seq_len: 0 | 1;
  readonly video_var_len_prob: readonly number[];
  readonly drop_720p_last_scale: 0 | 1;
  /** 0: as described above; 1: the first 11 scales of the clip, more: so many. */
  readonly train_192pshort: number;
  /** Tokens of a sequence, texts included; −1: every sample is too long. */
  readonly train_max_token_len: number;
}

const COUNTED_FOR = 14;

/** So many scales of a clip as officially, of K. */
function part(offset: number, scalesPerClip: number): number {
  return scalesPerClip >= COUNTED_FOR ? offset : Math.floor((offset * scalesPerClip) / COUNTED_FOR);
}

/** The scales of every outcome, in the order of their weights. */
export function lengthOutcomes({ scales, scalesPerClip: K }: Schedule, { drop_720p_last_scale }: PartialScales): number[][] {
  const to = (end: number): number[] => [...Array(end).keys()];
  const clip = (start: number, offset: number): number[] => to(part(offset, K)).map((si) => start + si);
  const one = (start: number, offset: number): number => start + part(offset, K);
  const first = [to(K), [...to(K), ...clip(K, 8)], [...to(K), ...clip(K, 11)]];
  const large = (offset: number, before = 11): number[] => [...to(K), ...clip(K, before), one(K, offset)];
  let outcomes: number[][];
  if (scales.length >= 3 * K) {
    const seen = [K - 1, 2 * K - 1];
    const second = [...seen, ...clip(2 * K, 11)];
    const alone = [11, 12, 13].map((offset) => [...seen, one(2 * K, offset)]);
    outcomes = [...first, large(11), large(12), large(13), second, second, ...alone];
  } else if (drop_720p_last_scale === 1) {
    outcomes = [...first, large(11), large(12), large(13, 8)];
  } else {
    outcomes = [...first, large(11), large(12), ...[13, 14].map((offset) => [K - 1, one(K, offset)])];
  }
  return outcomes.map((list) => [...new Set(list)].filter((si) => si < scales.length).sort((a, b) => a - b));
}

/** The scales of a sample that go into the sequence: all, if they fit. @param text tokens of its caption. */
export function selectScales(schedule: Schedule, text: number, config: PartialScales, uniforms: Uniforms): number[] {
  const { scales, scalesPerClip: K } = schedule;
  const { train_max_token_len: limit, train_192pshort: short } = config;
  const tokens = (si: number): number => sizeOf(scales[si]);
  const all = [...scales.keys()];
  if (limit >= 0 && all.reduce((sum, si) => sum + tokens(si), 0) <= limit) return all;
  if (config.train_with_var_seq_len === 1) {
    return drawChoice(uniforms, lengthOutcomes(schedule, config), config.video_var_len_prob);
  }

  const whole = short === 0 ? K : K + part(short === 1 ? 11 : short, K);
  const chosen = new Set(all.slice(0, whole));
  if (short === 0) chosen.add(Math.min(K + part(drawChoice(uniforms, [11, 12, 13], [0.7, 0.2, 0.1]), K), scales.length - 1));
  let used = [...chosen].reduce((sum, si) => sum + tokens(si), text);
  for (const si of drawOrder(uniforms, all.slice(0, 2 * K).filter((other) => !chosen.has(other)))) {
    if (used + tokens(si) > limit) continue;
    used += tokens(si);
    chosen.add(si);
  }
  return [...chosen].sort((a, b) => a - b);
}
