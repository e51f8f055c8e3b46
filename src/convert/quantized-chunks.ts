/**
 * A GGUF file of weights that are still in others: each is read, and quantized by the rule of stored-types.ts, in its turn, the
 * next one while the last is written.
 */

import type { BlockType } from '../array/block-matrix.ts';
import type { StoredValues } from '../array/stored.ts';
import { readFloat } from '../checkpoint/stored-tensor.ts';
import { WeightError } from '../errors.ts';
import type { GgufType } from '../gguf/format.ts';
import { ggufName } from '../gguf/t5-names.ts';
import type { NoteToWrite } from '../gguf/write.ts';
import { ggufChunks } from '../gguf/write.ts';
import type { SourceTensor } from './collect.ts';
import type { PartName } from './official-keys.ts';
import type { Quantizer } from './quantize-threads.ts';
import type { MatrixError } from './quantized-tensor.ts';
import { quantizeTensor } from './quantized-tensor.ts';
import { blockTypeOf } from './stored-types.ts';
import { storedType } from './weight-chunks.ts';

/** What quantizing cost a matrix. */
export interface QuantizationError extends MatrixError {
  readonly key: string;
  readonly type: BlockType;
}

/**
 * The chunks of a file with the tensors `keys`, in that order.
 * @param told gets the error of every matrix as it is written.
 */
export function quantizedChunks(
  part: PartName, keys: readonly string[], tensors: ReadonlyMap<string, SourceTensor>, wanted: BlockType,
  notes: ReadonlyMap<string, NoteToWrite>, quantizer: Quantizer, told: (error: QuantizationError) => void,
): AsyncGenerator<Uint8Array> {
  const items = keys.map((key) => {
    const tensor = tensors.get(key);
    if (tensor === undefined) throw new WeightError(key, 'missing');
    const where = `${tensor.file}: ${key}`;
    const plain = PLAIN[storedType(tensor, where)];
    const blocks = blockTypeOf(part, key, tensor.shape, wanted);
    const type: GgufType = blocks ?? plain;
    const values = async (): Promise<() => StoredValues> => {
      if (blocks === undefined) {
        const plain = await readFloat(tensor, where);
        return () => plain;
      }
      const { matrix, error } = await quantizeTensor(quantizer, blocks, tensor, where);
      return () => {
        told({ key, type: blocks, ...error });
        return matrix;
      };
    };
    return { key: part === 'text_encoder' ? ggufName(key) : key, shape: tensor.shape, type, values };
  });
  const ahead = oneAhead(items.map(({ values }) => values));
  return ggufChunks(items.map((item, i) => ({ ...item, values: async () => (await ahead(i))() })), notes);
}

const PLAIN = { F32: 'f32', F16: 'f16', BF16: 'bf16' } as const;

/** What the makers give, asked for in their order: the next one is begun when one is asked for. */
function oneAhead<T>(makers: readonly (() => Promise<T>)[]): (i: number) => Promise<T> {
  let next: Promise<T> | undefined;
  return (i) => {
    const values = next ?? makers[i]();
    next = makers[i + 1]?.();
    next?.catch(() => undefined); // whoever asks for it gets the error
    return values;
  };
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
