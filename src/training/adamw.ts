/**
 * Spec L5: AdamW with gradient clipping by the global norm.
 *
 *     g ← g·min(1, clip/(‖g‖₂ + 1e-6))                          ‖g‖ over all parameters together
 *     m ← β₁·m + (1 − β₁)·g,   v ← β₂·v + (1 − β₂)·g²
 *     p ← (1 − η·λ)·p − η·(m/(1 − β₁ᵗ)) / (√(v/(1 − β₂ᵗ)) + ε)    after t steps; λ: weight decay of matrices only
 *
 * On the host, in doubles, stored as float32: it is a small share of a step, and a run resumes from exactly these numbers.
 *
 * Loshchilov & Hutter, arXiv 1711.05101. Official: train.py (torch.optim.AdamW), utils/amp_opt.py:AmpOptimizer,
 * utils/lr_control.py:filter_params.
 */

import type { HostTensor } from '../array/host.ts';
import { hostZeros, rowMajor } from '../array/host.ts';

export interface AdamWConfig {
  readonly betas: readonly [number, number];
  readonly eps: number;
  readonly weight_decay: number;
  /** Largest norm of the gradient; 0: no clipping. */
  readonly clip: number;
}

/** Released: no decay, clipping at 5. */
export const RELEASED_ADAMW: AdamWConfig = { betas: [0.9, 0.97], eps: 1e-8, weight_decay: 0, clip: 5 };

type Values = ReadonlyMap<string, HostTensor>;

export interface AdamWState {
  /** Steps done. */
  readonly step: number;
  /** m and v of every parameter. */
  readonly mean: Values;
  readonly square: Values;
}

export function initialState(parameters: Values): AdamWState {
  const zeros = (): Values => new Map([...parameters].map(([key, { shape }]) => [key, hostZeros(shape)]));
  return { step: 0, mean: zeros(), square: zeros() };
}

/** ‖g‖₂ over all gradients. */
export function globalNorm(gradients: Values): number {
  let squares = 0;
  for (const gradient of gradients.values()) squares += sumOfSquares(rowMajor(gradient));
  return Math.sqrt(squares);
}

function sumOfSquares(values: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] * values[i];
  return sum;
}

/**
 * Takes one step: the values of `parameters` and `state` are changed in place. All are in row-major order.
 * @param rate η
 * @returns the new state, and the norm of the gradient before clipping.
 */
export function adamwStep(
  parameters: Values,
  gradients: Values,
  state: AdamWState,
  rate: number,
  { betas: [beta1, beta2], eps, weight_decay, clip }: AdamWConfig,
): { state: AdamWState; norm: number } {
  const norm = globalNorm(gradients);
  const factor = clip > 0 ? Math.min(1, clip / (norm + 1e-6)) : 1;
  const step = state.step + 1;
  const meanScale = rate / (1 - beta1 ** step);
  const squareScale = 1 / (1 - beta2 ** step);
  for (const [key, { data: p, shape }] of parameters) {
    const keep = 1 - rate * (decays(key, shape) ? weight_decay : 0);
    const [m, v] = [state.mean.get(key)!.data, state.square.get(key)!.data];
    update(p, rowMajor(gradients.get(key)!), m, v, { factor, beta1, beta2, keep, meanScale, squareScale, eps });
  }
  return { state: { ...state, step }, norm };
}

/** What is the same for all elements of a parameter. */
interface Update {
  readonly factor: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly keep: number;
  readonly meanScale: number;
  readonly squareScale: number;
  readonly eps: number;
}

/** A function of its own, which engines compile to a third of the time that the same loop takes inside another. */
function update(
  p: Float32Array, g: Float32Array, m: Float32Array, v: Float32Array,
  { factor, beta1, beta2, keep, meanScale, squareScale, eps }: Update,
): void {
  for (let i = 0; i < p.length; i++) {
    const clipped = g[i] * factor;
    m[i] = beta1 * m[i] + (1 - beta1) * clipped;
    v[i] = beta2 * v[i] + (1 - beta2) * clipped * clipped;
    p[i] = keep * p[i] - (meanScale * m[i]) / (Math.sqrt(v[i] * squareScale) + eps);
  }
}

/** Vectors are not decayed: biases, and the scales of norms. */
function decays(key: string, shape: readonly number[]): boolean {
  return shape.filter((extent) => extent > 1).length > 1 && !key.endsWith('bias');
}
