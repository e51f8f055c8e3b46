/**
 * y[i] = x[i], x of 16 bits: f16 or the upper halves of float32 (bf16), two to a word; exact. One thread an element; bound by
 * memory: 6 bytes an element.
 */

import type { Kernel } from './kernel.ts';
import { EACH } from './kernel.ts';

/** The forms in which values lie on the device; kernels know them by their index. */
export const FORMATS = ['f32', 'f16', 'bf16'] as const;

export type Format = (typeof FORMATS)[number];

/** Value i of an array of words in FORMAT, given word(i) of them. */
export const VALUE = /* wgsl */ `
fn word(i: u32) -> u32 { return select(i, i / 2u, FORMAT != 0u); }
fn value(i: u32, bits: u32) -> f32 {
  if (FORMAT == 0u) { return bitcast<f32>(bits); }
  let half = select(bits & 0xffffu, bits >> 16u, (i & 1u) == 1u);
  if (FORMAT == 2u) { return bitcast<f32>(half << 16u); }
  return unpack2x16float(half).x;
}`;

export const WIDEN: Kernel = {
  name: 'widen',
  inputs: 1,
  code: /* wgsl */ `
override FORMAT: u32;
struct Params { size: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
${VALUE}

${EACH}
  y[i] = value(i, x[word(i)]);
}`,
};
