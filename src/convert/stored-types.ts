/**
 * The rule by which weights are quantized: which matrices become blocks, and of which type.
 *
 * - Blocks: the matrices of the transformer's blocks and heads, and all matrices of the text encoder but the table of relative
 *   positions. These are over 99 % of the released model.
 * - Everything else keeps the type in which it is stored: vectors (norms, biases, the start token), the projections of text and
 *   bits, which are small, and the whole video tokenizer.
 * - Rows must consist of whole blocks. Where they do not, q4_k becomes q4_0 (rows of 32), and what fits neither stays.
 * - The heads' logits decide bits, and few weights make them: where blocks are of four bits, they get eight. So does every
 *   matrix of less than a million weights: four bits would save less than half a megabyte, and small models feel them most
 *   (docs/quantization.md).
 */

import type { BlockType } from '../array/block-matrix.ts';
import { fitsBlocks } from '../array/block-matrix.ts';
import type { Shape } from '../array/host.ts';
import { sizeOf } from '../array/host.ts';
import type { PartName } from './official-keys.ts';

const MATRICES: Readonly<Record<PartName, RegExp>> = {
  tokenizer: /$^/,
  transformer: /^(block(s|_chunks)\..*|head|semantic_head2)\.weight$/,
  text_encoder: /^(?!.*relative_attention_bias).*\.weight$/,
};

const HEADS = /^(head|semantic_head2)\./;

const SMALL = 2 ** 20;

/** The type of a weight's blocks; undefined if it stays as it is stored. */
export function blockTypeOf(part: PartName, key: string, shape: Shape, wanted: BlockType): BlockType | undefined {
  if (shape.length !== 2 || !MATRICES[part].test(key)) return undefined;
  const eight = HEADS.test(key) || sizeOf(shape) < SMALL;
  const types: BlockType[] = eight ? ['q8_0'] : wanted === 'q4_k' ? ['q4_k', 'q4_0'] : [wanted];
  return types.find((type) => fitsBlocks(type, shape));
}
