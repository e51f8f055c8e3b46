/**
 * What a causal convolution needs of the chunk before: its last input frames, kept per layer in plain nested records.
 *
 * Every function on a chunk takes the cache of the preceding chunk (none for the first one) and returns a new one,
 * made of new tensors; whoever holds the old one frees it.
 */

import { Tensor } from '../backend/backend.ts';
import type { Backend } from '../backend/backend.ts';
import type { Weights, WeightStore } from '../backend/weights.ts';

/** The frames of one convolution, or the caches of the layers inside. */
export type ConvCache = Tensor | ConvCaches;

export interface ConvCaches {
  readonly [layer: string]: ConvCache;
}

/** Result of a layer on one chunk; `cache` is undefined where nothing looks back in time. */
export interface Cached {
  readonly y: Tensor;
  readonly cache: ConvCache | undefined;
}

export interface CachedStage {
  /** Names the scope and the cache. */
  readonly name: string;
  readonly run: (b: Backend, x: Tensor, cache: ConvCache | undefined) => Promise<Cached>;
}

/** {@link chain} for stages with caches: the running value is passed on, the new caches are collected by name. */
export async function cachedChain(
  b: Backend,
  x: Tensor,
  cache: ConvCache | undefined,
  stages: readonly CachedStage[],
): Promise<{ y: Tensor; cache: ConvCaches }> {
  const caches: Record<string, ConvCache> = {};
  let value = x;
  for (const stage of stages) {
    const input = value; // a stage reads no variable that changes after it, so that it can run again
    const before = cache instanceof Tensor ? undefined : cache?.[stage.name];
    const result = await b.scope(stage.name, (inner) => stage.run(inner, input, before));
    if (input !== x) b.free(input);
    value = result.y;
    if (result.cache !== undefined) caches[stage.name] = result.cache;
  }
  return { y: value, cache: caches };
}

/** The frames kept for a single convolution. */
export function keptFrames(cache: ConvCache | undefined): Tensor | undefined {
  return cache instanceof Tensor ? cache : undefined;
}

/** A stage that loads its weights, those below `prefix`, when it runs. */
export function weightedStage(
  weights: WeightStore,
  name: string,
  prefix: string,
  run: (b: Backend, w: Weights, x: Tensor, cache: ConvCache | undefined) => Cached | Promise<Cached>,
): CachedStage {
  return { name, run: async (b, x, cache) => run(b, await weights.load(b, prefix), x, cache) };
}

/** A stage that does not look back in time. */
export function framewise(name: string, layer: (b: Backend, x: Tensor) => Promise<Tensor>): CachedStage {
  return { name, run: async (b, x) => ({ y: await layer(b, x), cache: undefined }) };
}
