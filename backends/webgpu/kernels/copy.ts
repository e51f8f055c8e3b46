/**
 * Moving weights: y[toStart + Σ iₙ·tₙ] = x[fromStart + Σ iₙ·sₙ]; what tensors move is in chain.ts. One thread an element; bound
 * by memory: 8 bytes an element, more where neighbours lie apart.
 */

import type { Kernel } from './kernel.ts';
import { EACH } from './kernel.ts';

/** Axes that one launch can walk, after merging. */
const MOST_AXES = 8;

export const COPY: Kernel = {
  name: 'copy',
  inputs: 1,
  code: /* wgsl */ `
struct Params { size: u32, axes: u32, fromStart: u32, toStart: u32, walk: array<vec4u, ${MOST_AXES}> } // extent, strides
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

${EACH}
  var rest = i;
  var to = p.toStart;
  var source = p.fromStart;
  for (var axis = 0u; axis + 1u < p.axes; axis++) {
    let s = p.walk[axis];
    let next = rest / s.x;
    let at = rest - next * s.x;
    source += at * s.y;
    to += at * s.z;
    rest = next;
  }
  let last = p.walk[max(p.axes, 1u) - 1u];
  y[to + rest * last.z] = x[source + rest * last.y];
}`,
};
