/**
 * What the official loader forgives, and so does conversion:
 *
 *   cfg_uncond of other lengths   cut to 512 rows, or filled up with the rows of a new model: here a draw of our own, for
 *                                 torch's cannot be had; only longer prompts than the checkpoint knew see those rows
 *   no sos_token                  nothing ever reads it: zeros
 *   buffers                       of masks and of the quantizer; they hold no weights and are left out
 *
 * It also loads with strict=False, which leaves any missing weight as it was drawn, without a word; here that is an error.
 *
 * Official: models/infinity.py:Infinity.load_state_dict, tools/run_infinity.py:load_transformer.
 */

import { hostTensor, rowMajor } from '../array/host.ts';
import type { HostTensor } from '../array/host.ts';
import { FileError } from '../errors.ts';
import { readFloat } from '../checkpoint/stored-tensor.ts';
import { initializeTransformer } from '../model/initialize.ts';
import { NULL_TEXT_ROWS } from '../transformer/shapes.ts';
import type { Collection, SourceTensor } from './collect.ts';

type Tensors = ReadonlyMap<string, SourceTensor>;

/** Registered buffers by the last part of their names. */
const BUFFER = /(^|\.)(lvl_1L|attn_bias_for_masking|Infinity_visible_kvlen|Infinity_invisible_qlen|mask|zero)$/;

export function isBuffer(key: string): boolean {
  return BUFFER.test(key);
}

/**
 * The weights as the official loader would have them.
 * @param note told what was changed.
 * @throws FileError if they are of another network.
 */
export function asOfficiallyLoaded(collection: Collection, note: (line: string) => void): Collection {
  const transformer = collection.parts.get('transformer');
  if (transformer === undefined) return collection;
  const has = (pattern: RegExp): boolean => [...transformer.keys()].some((key) => pattern.test(key));
  if (has(/(^|\.)(pos_start|sa\.mat_qkv\.weight)$/) && !has(/\.attn\.q_proj\.weight$/)) {
    throw new FileError('transformer weights', 'are of Infinity, for pictures, whose blocks are others than InfinityStar\'s (docs/released.md)');
  }
  return { ...collection, parts: new Map([...collection.parts, ['transformer', withRules(transformer, note)]]) };
}

function withRules(tensors: Tensors, note: (line: string) => void): Tensors {
  const result = new Map(tensors);
  const nullText = tensors.get('cfg_uncond');
  const rows = nullText?.shape[0];
  if (nullText !== undefined && nullText.shape.length === 2 && rows !== NULL_TEXT_ROWS) {
    const what = rows! > NULL_TEXT_ROWS ? 'cut to' : 'filled up with drawn rows to';
    note(`transformer: cfg_uncond has ${rows} rows, ${what} ${NULL_TEXT_ROWS}`);
    result.set('cfg_uncond', madeTensor([NULL_TEXT_ROWS, nullText.shape[1]], nullText.file, () => resized(nullText)));
  }
  const width = tensors.get('word_embed.weight')?.shape[0];
  if (!tensors.has('sos_token') && width !== undefined) {
    note('transformer: no sos_token, which nothing reads: zeros');
    const shape = [1, 1, width];
    result.set('sos_token', madeTensor(shape, '', () => Promise.resolve(hostTensor(new Float32Array(width), shape))));
  }
  return result;
}

/** (n, channels) → (512, channels) */
async function resized(nullText: SourceTensor): Promise<HostTensor> {
  const shape = [NULL_TEXT_ROWS, nullText.shape[1]];
  const values = rowMajor(initializeTransformer(new Map([['cfg_uncond', shape]]), 0).get('cfg_uncond')!).slice();
  const known = rowMajor(await readFloat(nullText, `${nullText.file}: cfg_uncond`));
  values.set(known.subarray(0, values.length));
  return hostTensor(values, shape);
}

function madeTensor(shape: readonly number[], file: string, make: () => Promise<HostTensor>): SourceTensor {
  return { type: 'float32', shape, parameter: true, file, bytes: async () => new Uint8Array(rowMajor(await make()).slice().buffer) };
}
