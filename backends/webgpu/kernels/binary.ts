/**
 * y = a ∘ b with broadcasting: y[i₀, i₁, …] = a[Σ iₙ·sₙ] ∘ b[Σ iₙ·tₙ], one thread an element, neighbours along the last axis.
 * Bound by memory: 12 bytes an element.
 */

import type { Binary } from '../../../src/backend/table-backend.ts';
import type { Kernel } from './kernel.ts';
import { EACH } from './kernel.ts';

/** The numbers by which the text knows the operations. */
export const BINARIES: Readonly<Record<Binary, number>> = { add: 0, sub: 1, mul: 2, div: 3 };

/** Axes that one launch can walk, after merging. */
export const MOST_AXES = 8;

export const BINARY: Kernel = {
  name: 'elementwise',
  inputs: 2,
  code: /* wgsl */ `
override OPERATION: u32;
struct Params { size: u32, axes: u32, walk: array<vec4u, ${MOST_AXES}> } // extent, stride in a, in b; the last axis first
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

${EACH}
  var rest = i;
  var left = 0u;
  var right = 0u;
  for (var axis = 0u; axis + 1u < p.axes; axis++) {
    let s = p.walk[axis];
    let next = rest / s.x;
    let at = rest - next * s.x;
    left += at * s.y;
    right += at * s.z;
    rest = next;
  }
  let last = p.walk[max(p.axes, 1u) - 1u];
  let u = a[left + rest * last.y];
  let v = b[right + rest * last.z];
  if (OPERATION == 0u) { y[i] = u + v; }
  else if (OPERATION == 1u) { y[i] = u - v; }
  else if (OPERATION == 2u) { y[i] = u * v; }
  else { y[i] = u / v; }
}`,
};
