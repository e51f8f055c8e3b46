/**
 * Errors in the bits of a batch (L1): which steps get them, and how strong.
 *
 *     scales below min(noise_apply_layers, scales − 1), each with its strength s        (residual-encode.ts asks for no last one)
 *     with noise_apply_random_one: of them the one that is drawn among the image's and the one among the clips'
 *     k ~ uniform{0 … 100·s},  bit′ = bit ⊕ [uniform < 0.01·k]                          anew at every step and sample
 *
 * Official: models/self_correction.py:SelfCorrection.apply_noise_requant, schedules/infinity_elegant.py:
 * video_encode_global_bsc. There a sample without clips has one scale with errors too.
 */

import type { HostBits } from '../array/host.ts';
import { hostTensor, rowMajor, sizeOf } from '../array/host.ts';
import type { Step } from '../pyramid/repetition.ts';
import type { Schedule } from '../pyramid/schedule.ts';
import { flipBits, scaleStrengths, strengthDraws } from '../quantizer/self-correction.ts';
import type { SelfCorrectionConfig } from '../quantizer/self-correction.ts';
import type { TrainingDraws } from './draws.ts';

/**
 * What `residualEncode` does with the bits of a step.
 * @param batch samples, each with draws of its own.
 * @throws ArgumentError if there are fewer strengths than scales.
 */
export function bitErrors(
  schedule: Schedule,
  config: SelfCorrectionConfig,
  batch: number,
  draws: TrainingDraws,
): (bits: HostBits, step: Step) => HostBits {
  const { noise_apply_layers = Infinity, noise_apply_random_one = 0 } = config;
  const strengths = scaleStrengths(config, schedule.scales.length);
  const rows = Array.from({ length: batch }, () => {
    return noise_apply_random_one === 1 ? onlyOne(strengths, schedule, draws) : strengths;
  });
  return (bits, { si }) => (si < noise_apply_layers ? flipRows(bits, rows.map((row) => row[si]), draws) : bits);
}

/** The strengths of one scale of the image and of one of the clips; 0 for the others. */
function onlyOne(strengths: readonly number[], { scalesPerClip }: Schedule, draws: TrainingDraws): number[] {
  const kept = [draws.scale(scalesPerClip)];
  const others = strengths.length - scalesPerClip;
  if (others > 0) kept.push(scalesPerClip + draws.scale(others));
  return strengths.map((strength, si) => (kept.includes(si) ? strength : 0));
}

/** (B, t, h, w, d) → the same, flipped with a strength for each row. */
function flipRows(bits: HostBits, strengths: readonly number[], draws: TrainingDraws): HostBits {
  const rest = bits.shape.slice(1);
  const size = sizeOf(rest);
  const values = rowMajor(bits);
  const flipped = new Uint8Array(values.length);
  for (const [row, strength] of strengths.entries()) {
    const share = draws.strength(strengthDraws(strength)) * 0.01;
    const own = hostTensor(values.subarray(row * size, (row + 1) * size), rest);
    const uniforms = hostTensor(Float32Array.from(draws.flips(size)), rest);
    flipped.set(rowMajor(flipBits(own, uniforms, share)), row * size);
  }
  return hostTensor(flipped, bits.shape);
}
