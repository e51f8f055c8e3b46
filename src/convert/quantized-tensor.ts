/**
 * A matrix as a file stores it → blocks of quantized weights, in slices of rows, each on the next thread that is free. How it is
 * cut depends on its shape alone, and sums are added in the order of the slices: results do not depend on the threads.
 */

import type { BlockMatrix, BlockType } from '../array/block-matrix.ts';
import { blockBytes } from '../array/block-matrix.ts';
import { FileError } from '../errors.ts';
import type { SourceTensor } from './collect.ts';
import type { QuantizedRows } from './quantize-rows.ts';
import type { Quantizer } from './quantize-threads.ts';

/** What quantizing cost a matrix. */
export interface MatrixError {
  /** √(Σ (w − ŵ)² / Σ w²) */
  readonly relative: number;
  /** The largest root mean square of a column, in that of the matrix: columns of outliers make their blocks coarse. */
  readonly largestColumn: number;
}

/** Some milliseconds of work. */
const SLICE_WEIGHTS = 2 ** 18;

/** @throws FileError if it cannot be read, or holds a value that blocks cannot. */
export async function quantizeTensor(
  quantizer: Quantizer, type: BlockType, tensor: SourceTensor, where: string,
): Promise<{ readonly matrix: BlockMatrix; readonly error: MatrixError }> {
  const [rows, width] = tensor.shape;
  const bytes = await tensor.bytes();
  const rowBytes = bytes.length / rows;
  const blocks = new Uint8Array(blockBytes(type, tensor.shape));
  const atOnce = Math.max(1, Math.floor(SLICE_WEIGHTS / width));
  const starts = Array.from({ length: Math.ceil(rows / atOnce) }, (_, i) => i * atOnce);
  const slices = await Promise.all(starts.map(async (start): Promise<QuantizedRows> => {
    const count = Math.min(atOnce, rows - start);
    const slice = bytes.subarray(start * rowBytes, (start + count) * rowBytes);
    const answer = await quantizer.quantize({ type, stored: tensor.type, bytes: slice, width, count });
    if ('refused' in answer) throw new FileError(where, `cannot be stored as ${type}: ${answer.refused}`);
    blocks.set(answer.blocks, start * (blocks.length / rows));
    return answer;
  }));
  return { matrix: { type, blocks, shape: tensor.shape }, error: errorOf(slices, width) };
}

function errorOf(slices: readonly QuantizedRows[], width: number): MatrixError {
  const columns = new Float64Array(width);
  for (const slice of slices) for (let i = 0; i < width; i++) columns[i] += slice.columns[i];
  const error = slices.reduce((sum, slice) => sum + slice.error, 0);
  const power = columns.reduce((sum, column) => sum + column, 0);
  if (power === 0) return { relative: 0, largestColumn: 0 };
  const largest = columns.reduce((most, column) => Math.max(most, column), 0);
  return { relative: Math.sqrt(error / power), largestColumn: Math.sqrt((largest * width) / power) };
}
