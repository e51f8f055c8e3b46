/** A GGUF file of weights that are still in others: each is read, and quantized by the rule of stored-types.ts, in its turn. */

import type { BlockType } from '../array/block-matrix.ts';
import { quantizeBlocks, widenBlocks } from '../array/block-matrix.ts';
import type { HostTensor } from '../array/host.ts';
import { rowMajor } from '../array/host.ts';
import type { StoredValues } from '../array/stored.ts';
import { readFloat } from '../checkpoint/stored-tensor.ts';
import { ArgumentError, FileError, WeightError } from '../errors.ts';
import type { GgufType } from '../gguf/format.ts';
import { ggufName } from '../gguf/t5-names.ts';
import type { NoteToWrite } from '../gguf/write.ts';
import { ggufChunks } from '../gguf/write.ts';
import type { SourceTensor } from './collect.ts';
import type { PartName } from './official-keys.ts';
import { blockTypeOf } from './stored-types.ts';
import { storedType } from './weight-chunks.ts';

/** What quantizing cost a matrix. */
export interface QuantizationError {
  readonly key: string;
  readonly type: BlockType;
  /** √(Σ (w − ŵ)² / Σ w²) */
  readonly relative: number;
  /** The largest root mean square of a column, in that of the matrix: columns of outliers make their blocks coarse. */
  readonly largestColumn: number;
}

/**
 * The chunks of a file with the tensors `keys`, in that order.
 * @param told gets the error of every matrix as it is written.
 */
export function quantizedChunks(
  part: PartName, keys: readonly string[], tensors: ReadonlyMap<string, SourceTensor>, wanted: BlockType,
  notes: ReadonlyMap<string, NoteToWrite>, told: (error: QuantizationError) => void,
): AsyncGenerator<Uint8Array> {
  const items = keys.map((key) => {
    const tensor = tensors.get(key);
    if (tensor === undefined) throw new WeightError(key, 'missing');
    const where = `${tensor.file}: ${key}`;
    const blocks = blockTypeOf(part, key, tensor.shape, wanted);
    const type: GgufType = blocks ?? PLAIN[storedType(tensor, where)];
    const values = async (): Promise<StoredValues> => {
      const matrix = await readFloat(tensor, where);
      if (blocks === undefined) return matrix;
      const quantized = quantize(blocks, matrix, where);
      told({ key, type: blocks, ...errorOf(matrix, widenBlocks(quantized)) });
      return quantized;
    };
    return { key: part === 'text_encoder' ? ggufName(key) : key, shape: tensor.shape, type, values };
  });
  return ggufChunks(items, notes);
}

const PLAIN = { F32: 'f32', F16: 'f16', BF16: 'bf16' } as const;

/** @throws FileError if it holds a value that blocks cannot. */
function quantize(type: BlockType, matrix: HostTensor, where: string): ReturnType<typeof quantizeBlocks> {
  try {
    return quantizeBlocks(type, matrix);
  } catch (cause) {
    if (cause instanceof ArgumentError) throw new FileError(where, `cannot be stored as ${type}: ${cause.message}`, { cause });
    throw cause;
  }
}

function errorOf(matrix: HostTensor, quantized: HostTensor): Pick<QuantizationError, 'relative' | 'largestColumn'> {
  const [w, q] = [rowMajor(matrix), rowMajor(quantized)];
  const [rows, width] = [matrix.shape[0], matrix.shape[1]];
  const columns = new Float64Array(width);
  let error = 0;
  for (let i = 0, row = 0; row < rows; row++) {
    for (let column = 0; column < width; column++, i++) {
      columns[column] += w[i] * w[i];
      error += (w[i] - q[i]) ** 2;
    }
  }
  const power = columns.reduce((sum, column) => sum + column, 0);
  if (power === 0) return { relative: 0, largestColumn: 0 };
  const largest = columns.reduce((most, column) => Math.max(most, column), 0);
  return { relative: Math.sqrt(error / power), largestColumn: Math.sqrt((largest * width) / power) };
}

/** One line: the error over all matrices of a part, the worst, and the largest column. */
export function describeErrors(errors: readonly QuantizationError[]): string {
  const by = (value: (error: QuantizationError) => number): QuantizationError => {
    return errors.reduce((most, error) => (value(error) > value(most) ? error : most));
  };
  const [worst, column] = [by(({ relative }) => relative), by(({ largestColumn }) => largestColumn)];
  const mean = Math.sqrt(errors.reduce((sum, { relative }) => sum + relative ** 2, 0) / errors.length);
  const types = [...new Set(errors.map(({ type }) => type))].map((type) => `${errors.filter((e) => e.type === type).length} in ${type}`);
  return `${errors.length} matrices (${types.join(', ')}): error ${percent(mean)}, at most ${percent(worst.relative)} ('${worst.key}'); `
    + `largest column ${column.largestColumn.toFixed(1)} times the usual ('${column.key}')`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}
