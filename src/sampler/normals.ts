/**
 * Standard normal numbers from uniforms: √(−2·ln(1 − u))·cos(2πv), two uniforms each (G. E. P. Box, M. E. Muller 1958).
 * The official code draws with torch.randn on the GPU, whose stream cannot be had elsewhere.
 */

import type { HostTensor, Shape } from '../array/host.ts';
import { hostTensor, sizeOf } from '../array/host.ts';
import { seededUniforms } from './uniforms.ts';
import type { Uniforms } from './uniforms.ts';

export function normal(uniforms: Uniforms): number {
  const [u, v] = Array.from(uniforms.next(2));
  return Math.sqrt(-2 * Math.log(1 - u)) * Math.cos(2 * Math.PI * v);
}

/** Noise of a shape, in row-major order. */
export function normals(uniforms: Uniforms, shape: Shape): HostTensor {
  return hostTensor(Float32Array.from({ length: sizeOf(shape) }, () => normal(uniforms)), shape);
}

/** Uniforms for the noise of a run: not those that its bits are drawn with. */
export function noiseUniforms(seed: number): Uniforms {
  return seededUniforms((seed ^ 0x9e3779b9) >>> 0);
}
