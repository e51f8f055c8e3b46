/**
 * y[2i] = x[2i] cos − x[2i+1] sin, y[2i+1] = x[2i] sin + x[2i+1] cos; rope: `pairs` cosines, then as many sines.
 * One thread a pair; bound by memory: 24 bytes a pair.
 */

import type { Kernel } from './kernel.ts';
import { EACH } from './kernel.ts';

export const ROTARY: Kernel = {
  name: 'rotary',
  inputs: 2,
  code: /* wgsl */ `
struct Params { size: u32, pairs: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> rope: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

${EACH}
  let angle = i % p.pairs;
  let even = x[i * 2u];
  let odd = x[i * 2u + 1u];
  let cosine = rope[angle];
  let sine = rope[p.pairs + angle];
  y[i * 2u] = even * cosine - odd * sine;
  y[i * 2u + 1u] = even * sine + odd * cosine;
}`,
};
