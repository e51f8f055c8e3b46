/**
 * x̄ = g · f′(x) for every element, for the functions of unary.ts.
 *
 * Task: `arg 4` neighbouring elements. Arguments: 0 x̄, 1 x, 2 g, 3 elements, 4 elements per task, 5 function.
 */

import { exp } from './exp';
import { arg, storeLanes } from './job';

const SILU: u32 = 1;
const GELU: u32 = 2;
const RELU: u32 = 3;
const SIGMOID: u32 = 4;
const EXP: u32 = 5;
const LOG: u32 = 6;

export function unaryGradient(task: u32): void {
  const share = arg(4);
  const start = task * share;
  const count = min(share, arg(3) - start);
  const to: usize = arg(0) + (start << 2);
  const x: usize = arg(1) + (start << 2);
  const g: usize = arg(2) + (start << 2);
  if (arg(5) == SILU) siluGradient(to, x, g, count);
  else other(to, x, g, count);
}

/** By itself, as silu is in unary.ts. */
export function siluGradient(to: usize, x: usize, g: usize, count: u32): void {
  each(SILU, to, x, g, count);
}

function other(to: usize, x: usize, g: usize, count: u32): void {
  switch (arg(5)) {
    case GELU: return each(GELU, to, x, g, count);
    case RELU: return each(RELU, to, x, g, count);
    case SIGMOID: return each(SIGMOID, to, x, g, count);
    case EXP: return each(EXP, to, x, g, count);
    case LOG: return each(LOG, to, x, g, count);
    default: return each(7, to, x, g, count);
  }
}

// @ts-ignore: decorator
@inline
function each(f: u32, to: usize, x: usize, g: usize, count: u32): void {
  for (; count >= 8; count -= 8) { // two at a time, as in unary.ts
    const left = apply(f, v128.load(x), v128.load(g));
    const right = apply(f, v128.load(x, 16), v128.load(g, 16));
    v128.store(to, left);
    v128.store(to, right, 16);
    x += 32;
    g += 32;
    to += 32;
  }
  for (; count >= 4; count -= 4) {
    v128.store(to, apply(f, v128.load(x), v128.load(g)));
    x += 16;
    g += 16;
    to += 16;
  }
  if (count > 0) storeLanes(to, apply(f, v128.load(x), v128.load(g)), count);
}

// @ts-ignore: decorator
@inline
function logistic(x: v128): v128 {
  const one = f32x4.splat(1);
  return f32x4.div(one, f32x4.add(one, exp(f32x4.neg(x))));
}

// @ts-ignore: decorator
@inline
function apply(f: u32, x: v128, g: v128): v128 {
  const one = f32x4.splat(1);
  if (f == SILU) { // σ·(1 + x·(1 − σ))
    const s = logistic(x);
    return f32x4.mul(g, f32x4.mul(s, f32x4.add(one, f32x4.mul(x, f32x4.sub(one, s)))));
  }
  if (f == GELU) { // Φ + x·2·Φ·(1 − Φ)·u′,  Φ = σ(2u),  2u = c·(x + 0.044715 x³),  2u′ = c·(1 + 3·0.044715 x²)
    const c = f32x4.splat(1.5957691216057308);
    const square = f32x4.mul(x, x);
    const twice = f32x4.mul(f32x4.mul(c, x), f32x4.add(one, f32x4.mul(f32x4.splat(0.044715), square)));
    const phi = logistic(twice);
    const slope = f32x4.mul(c, f32x4.add(one, f32x4.mul(f32x4.splat(0.134145), square)));
    const tail = f32x4.mul(f32x4.mul(phi, f32x4.sub(one, phi)), f32x4.mul(x, slope));
    return f32x4.mul(g, f32x4.add(phi, tail));
  }
  if (f == RELU) return v128.and(f32x4.gt(x, f32x4.splat(0)), g);
  if (f == SIGMOID) {
    const s = logistic(x);
    return f32x4.mul(g, f32x4.mul(s, f32x4.sub(one, s)));
  }
  if (f == EXP) return f32x4.mul(g, exp(x));
  if (f == LOG) return f32x4.div(g, x);
  return f32x4.splat(0); // step
}
