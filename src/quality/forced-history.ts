/**
 * How far another form of the same model (weights in fewer bits, another precision) is from a reference, bit by bit:
 *
 *   - the reference draws as ever; its guided logits and bits are kept;
 *   - the other one is given the reference's bits as its history, so every step answers the same question, and says what it
 *     *would* have drawn from its own logits with the same uniforms.
 *
 * For each step: the share of equal bits; KL(p ‖ p̂) of the bits' distributions in nats a bit, p the reference's; and the root
 * mean square of the differences of ℓ₁ − ℓ₀, the number that decides a bit.
 */

import { ArgumentError } from '../errors.ts';
import type { Step } from '../pyramid/repetition.ts';
import { drawBits, probabilityOfZero } from '../sampler/draw.ts';
import type { SamplingRule } from '../sampler/rules.ts';

export interface StepQuality {
  /** Index of the scale in the schedule. */
  readonly si: number;
  readonly repeat: number;
  readonly bits: number;
  readonly equal: number;
  /** Sums over the bits: of KL in nats, and of squared differences of ℓ₁ − ℓ₀. */
  readonly kl: number;
  readonly squares: number;
}

interface Drawn {
  readonly step: Step;
  /** ℓ₁ − ℓ₀ of every bit. */
  readonly margins: Float32Array;
  readonly bits: Uint8Array;
}

/** What one run of the reference drew, step by step. */
export class History {
  private readonly steps: Drawn[] = [];

  /** Draws as the paper does and keeps what was drawn, and from what. */
  readonly record: SamplingRule = (logits, uniforms, step) => {
    const bits = drawBits(logits, uniforms);
    this.steps.push({ step, margins: marginsOf(logits), bits });
    return bits;
  };

  /**
   * Draws what the reference drew.
   * @param told gets each step's comparison. @throws ArgumentError where the runs differ in their steps.
   */
  replay(told: (quality: StepQuality) => void): SamplingRule {
    let next = 0;
    return (logits, uniforms, step) => {
      const reference = this.steps[next++];
      if (reference === undefined || reference.step.realSi !== step.realSi || reference.bits.length !== uniforms.length) {
        throw new ArgumentError('model', `the reference's schedule and vocabulary at step ${next}`, step);
      }
      told(compare(reference, logits, drawBits(logits, uniforms)));
      return reference.bits;
    };
  }
}

function marginsOf(logits: Float64Array): Float32Array {
  return Float32Array.from({ length: logits.length / 2 }, (_, i) => logits[2 * i + 1] - logits[2 * i]);
}

function compare({ step, margins, bits }: Drawn, logits: Float64Array, own: Uint8Array): StepQuality {
  let [equal, kl, squares] = [0, 0, 0];
  for (let i = 0; i < bits.length; i++) {
    const margin = logits[2 * i + 1] - logits[2 * i];
    equal += Number(own[i] === bits[i]);
    kl += divergence(margins[i], margin);
    squares += (margin - margins[i]) ** 2;
  }
  return { si: step.si, repeat: step.repeat, bits: bits.length, equal, kl, squares };
}

/** Σ p log(p / p̂) over the two labels, from the margins; in doubles, exact where both are certain. */
function divergence(reference: number, other: number): number {
  const p = probabilityOfZero(0, reference); // of label 0
  return p * (logOfZero(reference) - logOfZero(other)) + (1 - p) * (logOfZero(-reference) - logOfZero(-other));
}

/** log σ(−margin), without overflow. */
function logOfZero(margin: number): number {
  return -(Math.max(margin, 0) + Math.log1p(Math.exp(-Math.abs(margin))));
}
