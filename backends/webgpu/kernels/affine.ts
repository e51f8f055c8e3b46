/** y = x · scale + shift, one thread an element; bound by memory: 8 bytes an element. */

import type { Kernel } from './kernel.ts';
import { EACH } from './kernel.ts';

export const AFFINE: Kernel = {
  name: 'affine',
  inputs: 1,
  code: /* wgsl */ `
struct Params { size: u32, scale: f32, shift: f32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

${EACH}
  y[i] = x[i] * p.scale + p.shift;
}`,
};
