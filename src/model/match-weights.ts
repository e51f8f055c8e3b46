/**
 * A model's weights against its configuration: every weight that is missing, of another shape or not used is named, before
 * anything is made of them. Only the headers of the files are read.
 */

import { FileError } from '../errors.ts';
import type { TensorFile } from '../io/tensor-file.ts';
import { tokenizerShapes } from '../tokenizer/shapes.ts';
import { transformerShapes } from '../transformer/shapes.ts';
import { matchKeys, summary } from './match-keys.ts';
import type { ModelConfig } from './parse-config.ts';

/** More names than a model has of one kind would be one of thousands of layers. */
const MOST_NAMES = 500;

/** The projections that `use_learnable_dim_proj` adds to the quantizer have whatever shapes they come with. */
export const LEARNED_PROJECTION = /^quantizer\.\w+_proj_(down|up)\./;

/** @throws FileError naming all that does not fit. */
export function matchWeights(
  part: 'tokenizer' | 'transformer', { name, shapes }: Pick<TensorFile, 'name' | 'shapes'>, config: ModelConfig,
): void {
  const expected = part === 'transformer' ? transformerShapes(config.transformer, config.quantizer) : tokenizerShapes(config.tokenizer);
  const learned = part === 'tokenizer' && config.quantizer.use_learnable_dim_proj === 1;
  const own = [...shapes].filter(([key]) => !(learned && LEARNED_PROJECTION.test(key)));
  const { missing, mismatched, extra } = matchKeys(expected, new Map(own.map(([key, shape]) => [key, { shape }])));
  const problems = [
    ...summary('missing', missing, MOST_NAMES),
    ...summary('of another shape', mismatched, 20),
    ...summary('not used', extra, MOST_NAMES),
  ];
  if (problems.length > 0) throw new FileError(name, `does not fit the ${part} of config.json: ${problems.join('; ')}`);
}
