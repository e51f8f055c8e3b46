/**
 * The moving average of the weights, which samples better than the last weights themselves: a ← d·a + (1 − d)·p.
 *
 * In the beginning the average follows faster, d_t = min(d, (1 + t)/(10 + t)), so that the first weights, drawn at random,
 * are soon forgotten in short runs; the official d is constant. Official: models/ema.py:update_ema.
 */

import type { HostTensor } from '../array/host.ts';

/** Changes the values of `average` in place. @param step steps done before this one. */
export function updateAverage(
  average: ReadonlyMap<string, HostTensor>,
  parameters: ReadonlyMap<string, HostTensor>,
  decay: number,
  step: number,
): void {
  const d = Math.min(decay, (1 + step) / (10 + step));
  for (const [key, { data: a }] of average) {
    follow(a, parameters.get(key)!.data, d);
  }
}

function follow(a: Float32Array, p: Float32Array, d: number): void {
  for (let i = 0; i < a.length; i++) a[i] = d * a[i] + (1 - d) * p[i];
}
