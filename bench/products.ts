/** Products in the shapes of the models, for bench/tune-webgpu.ts: some of every class of backends/webgpu/tile-table.ts. */

import type { Shape } from '../src/array/host.ts';
import type { Backend, Tensor } from '../src/backend/backend.ts';

export interface Product {
  readonly name: string;
  readonly kind: 'matmul' | 'conv3d';
  readonly shapes: readonly Shape[];
  /** Of its result; of a convolution, outputs. */
  readonly rows: number;
  readonly elements: number;
  run(b: Backend, operands: readonly Tensor[]): Tensor;
}

/** Which of the models has it: the size `small`, the shipped `emoji`, the size `large`, the released one (of K a part). */
export const PRODUCTS: readonly Product[] = [
  matmul('small', 2, 128, 128), // a token with guidance
  matmul('emoji', 2, 192, 768),
  matmul('released', 2, 4096, 512),
  matmul('large', 4, 512, 512),
  matmul('emoji', 8, 768, 192), // 2×2
  matmul('large', 8, 512, 2048),
  matmul('released', 8, 4096, 512),
  matmul('emoji', 9, 192, 192), // one row of 3×3
  matmul('large', 16, 2048, 512),
  matmul('small', 18, 512, 128), // 3×3
  matmul('emoji', 32, 192, 768), // 4×4, and 2×2 of four latents
  matmul('emoji', 32, 96, 192),
  matmul('emoji', 72, 768, 192),
  matmul('small', 128, 128, 512),
  matmul('emoji', 128, 192, 192),
  matmul('large', 360, 512, 512),
  matmul('large', 720, 2048, 128), // from here on large
  matmul('large', 5760, 256, 64),
  conv3d('small', 8, 8, [2, 64, 64]),
  conv3d('emoji', 32, 3, [1, 64, 64]), // out of the decoder
  conv3d('large', 4, 3, [5, 144, 256]),
  conv3d('small', 8, 16, [2, 32, 32]),
  conv3d('large', 4, 16, [1, 144, 256]),
  conv3d('small', 8, 32, [1, 64, 64]),
  conv3d('large', 8, 24, [2, 36, 64]),
  conv3d('large', 4, 24, [1, 144, 256]),
  conv3d('emoji', 12, 64, [2, 16, 16]),
  conv3d('large', 12, 96, [2, 18, 32]),
  conv3d('emoji', 4, 64, [3, 64, 64]),
  winograd('small', 32, 32, [2, 16, 16]),
  winograd('emoji', 64, 64, [2, 16, 16]),
];

/** A linear layer. */
function matmul(model: string, m: number, n: number, k: number): Product {
  return {
    name: `matmul ${m}×${k}×${n} ᵀ, ${model}`, kind: 'matmul', shapes: [[m, k], [n, k]], rows: m, elements: m * n,
    run: (b, [x, weight]) => b.matmul(x, weight, { transposeB: true }),
  };
}

/** 3×3×3. Fewer channels than the models have: it is rows and positions that choose, and with 16 it is Winograd's. */
function conv3d(model: string, c: number, o: number, [t, h, w]: readonly [number, number, number]): Product {
  return {
    name: `conv3d ${c}→${o} on ${t}×${h}×${w}, ${model}`, kind: 'conv3d', shapes: [[1, c, t + 2, h, w], [o, c, 3, 3, 3]], rows: o,
    elements: o * t * h * w, run: (b, [x, weight]) => b.conv3d(x, weight),
  };
}

/** The products of Winograd's filtering: 16 convolutions along time. */
function winograd(model: string, c: number, o: number, [t, h, w]: readonly [number, number, number]): Product {
  return {
    name: `16 × conv3d ${c}→${o} on ${t}×${h}×${w}, ${model}`, kind: 'conv3d', shapes: [[16, c, t + 2, h, w], [o, c, 3, 1, 1]],
    rows: o, elements: 16 * o * t * h * w, run: (b, [x, weight]) => b.conv3d(x, weight),
  };
}
