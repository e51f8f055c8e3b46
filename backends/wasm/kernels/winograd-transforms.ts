/**
 * The transforms of Winograd's minimal filtering F(4, 3) along one axis: four outputs of a filter of three taps from six
 * inputs with six multiplications.
 *
 *   y = Aᵀ [ (G g) ⊙ (Bᵀ d) ]
 *
 * Toom and Cook's construction at the points 0, ±p, ±q and ∞ (Lavin and Gray 2016, arXiv 1509.09308, take p = 1, q = 2).
 * With p = ¾ and q = 1½ the error of float32 is half as large (measured: 2.5 times that of the direct sum in two
 * dimensions); all numbers below are exact. G is in winograd-weights.ts.
 */

export const P: f32 = 0.75;
export const Q: f32 = 1.5;
export const P2: f32 = 0.5625;
export const Q2: f32 = 2.25;
const P3: f32 = 0.421875;
const Q3: f32 = 3.375;

/**
 * Stores Bᵀ d, the coefficients of ∏ (x − the other points), `step` bytes apart:
 *
 *   p²q² d₀ − (p² + q²) d₂ + d₄,   d₄ − q² d₂ ± p (d₃ − q² d₁),   d₄ − p² d₂ ± q (d₃ − p² d₁),   p²q² d₁ − (p² + q²) d₃ + d₅
 */
// @ts-ignore: decorator
@inline
export function storeInput(to: usize, step: usize, d0: v128, d1: v128, d2: v128, d3: v128, d4: v128, d5: v128): void {
  const p2 = f32x4.splat(P2);
  const q2 = f32x4.splat(Q2);
  const evenP = f32x4.sub(d4, f32x4.mul(q2, d2));
  const oddP = f32x4.sub(d3, f32x4.mul(q2, d1));
  const evenQ = f32x4.sub(d4, f32x4.mul(p2, d2));
  const oddQ = f32x4.mul(f32x4.splat(Q), f32x4.sub(d3, f32x4.mul(p2, d1)));
  const last = f32x4.sub(f32x4.sub(d5, f32x4.mul(q2, d3)), f32x4.mul(p2, oddP));
  const scaled = f32x4.mul(f32x4.splat(P), oddP);
  v128.store(to, f32x4.sub(evenP, f32x4.mul(p2, f32x4.sub(d2, f32x4.mul(q2, d0)))));
  v128.store(to + step, f32x4.add(evenP, scaled));
  v128.store(to + 2 * step, f32x4.sub(evenP, scaled));
  v128.store(to + 3 * step, f32x4.add(evenQ, oddQ));
  v128.store(to + 4 * step, f32x4.sub(evenQ, oddQ));
  v128.store(to + 5 * step, last);
}

/** Rows of Aᵀ, of what stands at 0, p, −p, q, −q and ∞. What they share is computed once: the optimizer sees to it. */
// @ts-ignore: decorator
@inline
export function output0(m0: v128, m1: v128, m2: v128, m3: v128, m4: v128): v128 {
  return f32x4.add(f32x4.add(m0, f32x4.add(m1, m2)), f32x4.add(m3, m4));
}

// @ts-ignore: decorator
@inline
export function output1(m1: v128, m2: v128, m3: v128, m4: v128): v128 {
  return f32x4.add(f32x4.mul(f32x4.splat(P), f32x4.sub(m1, m2)), f32x4.mul(f32x4.splat(Q), f32x4.sub(m3, m4)));
}

// @ts-ignore: decorator
@inline
export function output2(m1: v128, m2: v128, m3: v128, m4: v128): v128 {
  return f32x4.add(f32x4.mul(f32x4.splat(P2), f32x4.add(m1, m2)), f32x4.mul(f32x4.splat(Q2), f32x4.add(m3, m4)));
}

// @ts-ignore: decorator
@inline
export function output3(m1: v128, m2: v128, m3: v128, m4: v128, m5: v128): v128 {
  const sum = f32x4.add(f32x4.mul(f32x4.splat(P3), f32x4.sub(m1, m2)), f32x4.mul(f32x4.splat(Q3), f32x4.sub(m3, m4)));
  return f32x4.add(sum, m5);
}
