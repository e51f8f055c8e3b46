/** What the kinds of single layers share: inputs `x<i>` chunk by chunk with one running cache → `y<i>`. */

import type { Backend, Tensor } from '../../backend/backend.ts';
import { residentWeights } from '../../backend/weights.ts';
import type { Weights } from '../../backend/weights.ts';
import type { Cached, ConvCache } from '../../tokenizer/conv-cache.ts';
import type { Case, Results } from '../case.ts';

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
