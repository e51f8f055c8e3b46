/** Rows of a matrix as a file stores them → blocks of quantized weights, and what that cost. */

import type { BlockType } from '../array/block-matrix.ts';
import { blockBytes, quantizeBlocks, widenBlocks } from '../array/block-matrix.ts';
import { hostTensor } from '../array/host.ts';
import { ArgumentError } from '../errors.ts';
import type { ElementType } from '../io/element-type.ts';
import { floatValues } from '../io/element-type.ts';

export interface Rows {
  readonly type: BlockType;
  /** Of a floating-point type, row after row. */
  readonly stored: ElementType;
  readonly bytes: Uint8Array;
  /** Weights of a row. */
  readonly width: number;
  readonly count: number;
}

export interface QuantizedRows {
  readonly blocks: Uint8Array;
  /** Σ (w − ŵ)² */
  readonly error: number;
  /** Σ w² of each column. */
  readonly columns: Float64Array;
}

/** What was asked for, or why it cannot be. */
export type Answer = QuantizedRows | { readonly refused: string };

/** Of what is float32 at a time: it fits in the cache of a processor. */
const WEIGHTS_AT_ONCE = 2 ** 16;

/** Refused if a value is one that blocks cannot hold. */
export function quantizeRows(rows: Rows): Answer {
  try {
    return quantize(rows);
  } catch (error) {
    if (error instanceof ArgumentError) return { refused: error.message };
    throw error;
  }
}

function quantize({ type, stored, bytes, width, count }: Rows): QuantizedRows {
  const blocks = new Uint8Array(blockBytes(type, [count, width]));
  const columns = new Float64Array(width);
  let error = 0;
  const [rowBytes, rowBlocks] = [bytes.length / count, blocks.length / count];
  const atOnce = Math.max(1, Math.floor(WEIGHTS_AT_ONCE / width));
  for (let start = 0; start < count; start += atOnce) {
    const rows = Math.min(atOnce, count - start);
    const w = floatValues(stored, bytes.subarray(start * rowBytes, (start + rows) * rowBytes));
    if (w === undefined) throw new ArgumentError('weights', 'a floating-point type', stored);
    const matrix = quantizeBlocks(type, hostTensor(w, [rows, width]));
    blocks.set(matrix.blocks, start * rowBlocks);
    error += addSquares(w, widenBlocks(matrix).data, columns);
  }
  return { blocks, error, columns };
}

/** Adds w² to the columns. @returns Σ (w − ŵ)² */
function addSquares(w: Float32Array, quantized: Float32Array, columns: Float64Array): number {
  let error = 0;
  for (let row = 0; row < w.length; row += columns.length) {
    for (let column = 0; column < columns.length; column++) {
      const value = w[row + column];
      const difference = value - quantized[row + column];
      columns[column] += value * value;
      error += difference * difference;
    }
  }
  return error;
}
