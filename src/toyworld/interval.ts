/**
 * 95 % intervals.
 *
 *   of a share p = right/n (Wilson)     (p + z²/2n ± z·√(p(1 − p)/n + z²/4n²)) / (1 + z²/n),   z = 1.96
 *   of a mean                           mean ± z·s/√n,   s² = Σ(x − mean)²/(n − 1)
 *
 * Wilson 1927, doi 10.1080/01621459.1927.10502953: never outside [0, 1] and never empty, also where all or none are right.
 */

export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

const Z = 1.96;

/** @returns NaN for no trials. */
export function shareInterval(right: number, n: number): Interval {
  const p = right / n;
  const middle = p + (Z * Z) / (2 * n);
  const half = Z * Math.sqrt((p * (1 - p)) / n + (Z * Z) / (4 * n * n));
  const scale = 1 + (Z * Z) / n;
  return { value: p, low: Math.max(0, (middle - half) / scale), high: Math.min(1, (middle + half) / scale) };
}

/** @returns without a width for one value, NaN for none. */
export function meanInterval(values: readonly number[]): Interval {
  const n = values.length;
  const mean = values.reduce((sum, x) => sum + x, 0) / n;
  const squares = values.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  const half = n > 1 ? Z * Math.sqrt(squares / (n - 1) / n) : 0;
  return { value: mean, low: mean - half, high: mean + half };
}
