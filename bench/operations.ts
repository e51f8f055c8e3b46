/** Single operations in the shapes of the model: what they are called, how much they compute, how to run them. */

import { hostTensor, sizeOf } from '../src/array/host.ts';
import type { Shape } from '../src/array/host.ts';
import type { Backend, Tensor } from '../src/backend/backend.ts';
import { attention } from '../src/transformer/attention.ts';

export interface Operation {
  readonly name: string;
  /** Operands, uploaded before the clock starts. */
  readonly shapes: readonly Shape[];
  /** A multiplication and an addition are two; 0 where the rate says nothing. */
  readonly flops: number;
  /** Whether the readable backend is quick enough at it. */
  readonly small: boolean;
  run(b: Backend, operands: readonly Tensor[]): Tensor | Promise<Tensor>;
}

export const OPERATIONS: readonly Operation[] = [
  product(512, 512, 512, false),
  product(512, 512, 512, true),
  ...[1, 4, 9, 16].flatMap((m) => [128, 256, 512].map((n) => product(m, n, n, true))),
  ...[32, 128].map((m) => product(m, 512, 512, true)),
  product(160, 128, 512, true),
  product(5760, 512, 2048, true),
  convolution(32, 32, [5, 64, 64], 3),
  ...[3, 8, 16].map((c) => convolution(c, c, [5, 64, 64], 3)),
  convolution(24, 24, [8, 144, 256], 3),
  convolution(96, 96, [2, 18, 32], 3),
  convolution(32, 32, [5, 64, 64], 1),
  attend(4, 2, 64, 90, 32),
  attend(8, 4, 256, 410, 64),
  attend(8, 4, 2880, 3034, 64),
  rows([8, 64, 256]),
  rows([16, 256, 410]),
  rows([16, 700, 3034]),
  other('rmsNorm 160×128', [[160, 128], [128]], (b, [x, w]) => b.rmsNorm(x, w, 1e-6)),
  other('add 2048', [[2048], [2048]], (b, [x, y]) => b.add(x, y)),
  other('add 655360', [[655360], [655360]], (b, [x, y]) => b.add(x, y)),
  other('silu 655360', [[655360]], (b, [x]) => b.map('silu', x)),
  other('l2Normalize 32 channels on 5×64×64', [[1, 32, 5, 64, 64], [32]], (b, [x, g]) => b.l2Normalize(x, 1, g)),
  other('permute heads 64×8×256', [[64, 8, 256]], (b, [x]) => b.permute(x, [1, 0, 2])),
  other('depth to space 8×4 on 5×64×64', [[1, 2, 2, 8, 5, 64, 64]], (b, [x]) => b.permute(x, [0, 3, 4, 5, 1, 6, 2])),
  other('resize ×2 nearest to 32 on 8×64×64', [[1, 32, 4, 32, 32]], (b, [x]) => b.resize(x, [8, 64, 64], 'nearest')),
];

/** Random operands in ±½. */
export function operandsOf(b: Backend, { shapes }: Operation): Tensor[] {
  return shapes.map((shape) => {
    return b.upload(hostTensor(Float32Array.from({ length: sizeOf(shape) }, () => Math.random() - 0.5), shape));
  });
}

/** Some operations a second suffice for the readable backend. */
function isSmall(flops: number): boolean {
  return flops < 4e8;
}

function product(m: number, k: number, n: number, transposeB: boolean): Operation {
  const flops = 2 * m * k * n;
  return {
    name: `matmul ${m}×${k}×${n}${transposeB ? ' ᵀ' : ''}`,
    shapes: [[m, k], transposeB ? [n, k] : [k, n]],
    flops,
    small: isSmall(flops),
    run: (b, [x, y]) => b.matmul(x, y, { transposeB }),
  };
}

function convolution(c: number, o: number, [t, h, w]: readonly [number, number, number], k: 1 | 3): Operation {
  const flops = 2 * c * o * k ** 3 * t * h * w;
  return {
    name: `conv3d ${c}→${o} ${k}×${k}×${k} on ${t}×${h}×${w}`,
    shapes: [[1, c, t + k - 1, h, w], [o, c, k, k, k]],
    flops,
    small: isSmall(flops),
    run: (b, [x, weight]) => b.conv3d(x, weight),
  };
}

/** Two rows, as with guidance. */
function attend(heads: number, kvHeads: number, length: number, keys: number, width: number): Operation {
  const flops = 4 * 2 * heads * length * keys * width;
  const kv = [2, kvHeads, keys, width];
  return {
    name: `attention ${heads}/${kvHeads} heads, ${length} queries, ${keys} keys, width ${width}`,
    shapes: [[2, heads, length, width], kv, kv],
    flops,
    small: isSmall(flops),
    run: (b, [q, k, v]) => attention(b, q, k, v),
  };
}

function rows(shape: Shape): Operation {
  const small = sizeOf(shape) < 1e6;
  return { name: `softmax ${shape.join('×')}`, shapes: [shape], flops: 0, small, run: (b, [x]) => b.softmax(x) };
}

function other(name: string, shapes: readonly Shape[], run: Operation['run']): Operation {
  return { name, shapes, flops: 0, small: true, run };
}
