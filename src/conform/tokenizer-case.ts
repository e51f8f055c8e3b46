/** What the golden kinds of the tokenizer share. */

import { Tensor } from '../backend/backend.ts';
import type { Backend } from '../backend/backend.ts';
import { observe } from '../backend/observe.ts';
import { residentWeights } from '../backend/weights.ts';
import type { Weights } from '../backend/weights.ts';
import type { Cached, ConvCache } from '../tokenizer/conv-cache.ts';
import type { Case, Results } from './case.ts';

/** A single layer: inputs `x<i>` chunk by chunk with one running cache → `y<i>`. */
export async function runChunkedLayer(
  c: Case,
  b: Backend,
  results: Results,
  layer: (w: Weights, x: Tensor, cache: ConvCache | undefined, i: number) => Promise<Cached>,
): Promise<void> {
  const w = await residentWeights(b, c.weights()).load(b, '');
  let cache: ConvCache | undefined;
  for (let i = 0; c.hasInput(`x${i}`); i++) {
    const result = await layer(w, b.upload(c.input(`x${i}`)), cache, i);
    results.tensor(`y${i}`, await b.read(result.y));
    cache = result.cache;
  }
}

/** Reports the stages of the tokenizer as golden outputs: scope `…/chunk<i>/<name>` → `stage/<name>/chunk<i>`. */
export function reportStages(b: Backend, results: Results): Backend {
  return observe(b, async (path, value, inner) => {
    const match = /^(?:encode|decode)\/(chunk\d+)\/([^/]+)$/.exec(path);
    if (match === null || value === null || typeof value !== 'object' || !('y' in value)) return;
    if (value.y instanceof Tensor) results.tensor(`stage/${match[2]}/${match[1]}`, await inner.read(value.y));
  });
}
