/**
 * Matrices of quantized weights: the rows of a matrix (N, K) cut into blocks along K, each with its own scale. The layouts
 * are GGUF's (blocks/), so its files hold such matrices as they are.
 */

import { ArgumentError, ShapeError } from '../errors.ts';
import { Q4_0, quantizeQ4_0, widenQ4_0 } from './blocks/q4-0.ts';
import { Q4_K, quantizeQ4_K, widenQ4_K } from './blocks/q4-k.ts';
import { Q8_0, quantizeQ8_0, widenQ8_0 } from './blocks/q8-0.ts';
import type { HostTensor, Shape } from './host.ts';
import { hostTensor, rowMajor, sizeOf } from './host.ts';

export const BLOCK_TYPES = ['q8_0', 'q4_0', 'q4_k'] as const;

export type BlockType = (typeof BLOCK_TYPES)[number];

export interface BlockMatrix {
  readonly type: BlockType;
  /** Row after row, block after block. */
  readonly blocks: Uint8Array;
  /** (N, K), K a multiple of a block's weights. */
  readonly shape: Shape;
}

interface BlockFormat {
  /** Of a block. */
  readonly weights: number;
  readonly bytes: number;
  /** One block at `from` → its weights at `to`. */
  readonly widen: (blocks: Uint8Array, from: number, values: Float32Array, to: number) => void;
  /** The weights at `from` → one block at `to`. */
  readonly quantize: (values: Float32Array, from: number, blocks: Uint8Array, to: number) => void;
}

export const BLOCK_FORMATS: Readonly<Record<BlockType, BlockFormat>> = {
  q8_0: { ...Q8_0, widen: widenQ8_0, quantize: quantizeQ8_0 },
  q4_0: { ...Q4_0, widen: widenQ4_0, quantize: quantizeQ4_0 },
  q4_k: { ...Q4_K, widen: widenQ4_K, quantize: quantizeQ4_K },
};

/** Whether matrices of this shape can be stored so: whole blocks fill every row. */
export function fitsBlocks(type: BlockType, shape: Shape): boolean {
  return shape.length === 2 && shape[1] > 0 && shape[1] % BLOCK_FORMATS[type].weights === 0;
}

/** @throws ShapeError unless whole blocks fill every row. */
export function blockBytes(type: BlockType, shape: Shape): number {
  const { weights, bytes } = BLOCK_FORMATS[type];
  if (!fitsBlocks(type, shape)) throw new ShapeError(type, `a matrix whose rows are multiples of ${weights}`, [...shape]);
  return (sizeOf(shape) / weights) * bytes;
}

/** The same values as float32. @throws ShapeError if there are not as many bytes as the shape asks for. */
export function widenBlocks({ type, blocks, shape }: BlockMatrix): HostTensor {
  const expected = blockBytes(type, shape);
  if (blocks.length !== expected) throw new ShapeError('blocks', `${expected} bytes for shape [${shape.join(', ')}]`, blocks.length);
  const { weights, bytes, widen } = BLOCK_FORMATS[type];
  const values = new Float32Array(sizeOf(shape));
  for (let i = 0; i * weights < values.length; i++) widen(blocks, i * bytes, values, i * weights);
  return hostTensor(values, shape);
}

/**
 * (N, K) of float32 → blocks.
 * @throws ShapeError unless whole blocks fill every row. @throws ArgumentError for a value that is not finite or whose scale
 *   would not be: blocks have no way to say so.
 */
export function quantizeBlocks(type: BlockType, matrix: HostTensor): BlockMatrix {
  const { weights, bytes, quantize } = BLOCK_FORMATS[type];
  const values = rowMajor(matrix);
  const blocks = new Uint8Array(blockBytes(type, matrix.shape));
  for (let i = 0; i < values.length; i++) {
    if (!(Math.abs(values[i]) <= LARGEST)) throw new ArgumentError('weight', `a value of at most ${LARGEST} in size`, values[i]);
  }
  for (let i = 0; i * weights < values.length; i++) quantize(values, i * weights, blocks, i * bytes);
  return { type, blocks, shape: [...matrix.shape] };
}

/** Scales are f16; an eighth of this one still fits, in the format with the fewest levels. */
const LARGEST = 65504 * 8;
