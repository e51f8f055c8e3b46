/**
 * More different samples of one prompt: where bits are decided too surely at the early scales, their distribution is flattened,
 * and of several draws from it the one that the model finds likeliest is taken.
 *
 *   τ ≥ 1 the smallest with  mean max(p₀, p₁) ≤ confidence,   p = softmax(l/τ)       adaptive scaling, per step
 *   E(bits) = − Σ ln softmax(l)[bit],   the draw of the least E of `paths`           search of the path
 *
 * Draw k > 0 takes the uniforms turned by k·φ (mod 1), so that the same seed gives the same bits on every machine.
 *
 * Source: Yang et al., DiverseAR: Boosting Diversity in Bitwise Autoregressive Image Generation, arXiv 2512.02931 (adaptive
 * logits distribution scaling, energy-based generation path search). Its exact schedule is not known to us: confidence, number of
 * scales and of paths are settings here. A sampling rule (rules.ts) as one of one's own; off unless asked for.
 */

import { ArgumentError } from '../errors.ts';
import { drawBits, probabilityOfZero } from './draw.ts';
import type { SamplingRule } from './rules.ts';

export interface DiverseOptions {
  /** How sure bits may be on average at the early scales, above 0.5 and at most 1; 0.75 unless given. 1 changes nothing. */
  readonly confidence?: number;
  /** So many scales of the schedule, from the first on: 2 unless given. */
  readonly scales?: number;
  /** Draws that the likeliest is taken of; 2 unless given. */
  readonly paths?: number;
}

/** The golden ratio, modulo 1. */
const TURN = (Math.sqrt(5) - 1) / 2;
const MOST_TAU = 1024;

/** @throws ArgumentError naming an option that is out of its range. */
export function diverseDraw({ confidence = 0.75, scales = 2, paths = 2 }: DiverseOptions = {}): SamplingRule {
  if (!(confidence > 0.5 && confidence <= 1)) throw new ArgumentError('confidence', 'a number above 0.5, at most 1', confidence);
  if (!Number.isInteger(scales) || scales < 0) throw new ArgumentError('scales', 'a whole number', scales);
  if (!Number.isInteger(paths) || paths < 1) throw new ArgumentError('paths', 'a positive integer', paths);
  return (logits, uniforms, { si }) => {
    if (si >= scales || meanConfidence(logits, 1) <= confidence) return drawBits(logits, uniforms);
    const tau = temperatureFor(logits, confidence);
    const flat = logits.map((logit) => logit / tau);
    let [best, least] = [drawBits(flat, uniforms), Infinity];
    for (let path = 0; path < paths; path++) {
      const turned = path === 0 ? uniforms : Float64Array.from(uniforms, (u) => (u + path * TURN) % 1);
      const bits = drawBits(flat, turned);
      const energy = energyOf(logits, bits);
      if (energy < least) [best, least] = [bits, energy];
    }
    return best;
  };
}

/** Mean over the bits of the likelier label's probability at temperature τ. */
export function meanConfidence(logits: Float64Array, tau: number): number {
  let sum = 0;
  for (let i = 0; i < logits.length; i += 2) {
    const zero = probabilityOfZero(logits[i] / tau, logits[i + 1] / tau);
    sum += Math.max(zero, 1 - zero);
  }
  return sum / (logits.length / 2);
}

/** It falls as τ grows: bisection. */
function temperatureFor(logits: Float64Array, confidence: number): number {
  let [low, high] = [1, MOST_TAU];
  for (let i = 0; i < 40; i++) {
    const middle = Math.sqrt(low * high);
    if (meanConfidence(logits, middle) > confidence) low = middle;
    else high = middle;
  }
  return high;
}

/** − Σ ln p(bit) under the model's own distribution. */
export function energyOf(logits: Float64Array, bits: Uint8Array): number {
  let energy = 0;
  for (let i = 0; i < bits.length; i++) {
    const against = bits[i] === 1 ? logits[2 * i] - logits[2 * i + 1] : logits[2 * i + 1] - logits[2 * i];
    energy += against > 0 ? against + Math.log1p(Math.exp(-against)) : Math.log1p(Math.exp(against));
  }
  return energy;
}
