/**
 * Spec L5: the learning rate over a run of n steps with w steps of warm-up,
 *
 *     η(t) = peak·(t + 1)/w                                          t < w
 *     η(t) = peak·(end + (1 − end)·(1 + cos(π·(t − w)/(n − w)))/2)    afterwards, so that it ends near end·peak
 *
 * Loshchilov & Hutter, arXiv 1608.03983. The official training keeps its rate constant (train.py), which suits runs without a
 * planned end; no warm-up and `end` = 1 give that.
 */

export interface LearningRateConfig {
  readonly peak: number;
  readonly warmUp: number;
  /** Share of the peak that is left at the end. */
  readonly end: number;
}

/** @param t steps done so far, from 0. @param steps n */
export function learningRate({ peak, warmUp, end }: LearningRateConfig, t: number, steps: number): number {
  if (t < warmUp) return (peak * (t + 1)) / warmUp;
  const progress = Math.min(1, (t - warmUp) / Math.max(1, steps - warmUp));
  return peak * (end + ((1 - end) * (1 + Math.cos(Math.PI * progress))) / 2);
}
