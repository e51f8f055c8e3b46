/**
 * The prefix of the sequence: the text, then any visual conditions, each run through the blocks once so that their
 * keys and values are there for every scale.
 *
 * The text runs as two rows, prompt and null prompt, if any scale has guidance; so then do all later segments. Of samples that
 * are made together each text runs once, whoever has it.
 *
 * Source: models/infinity.py:ar_infer_infinity_elegant ("text tokens forward"),
 * ar_infer_infinity_star_interact ("visual condition forward"). Spec S1, S11.
 */

import type { HostTensor } from '../array/host.ts';
import type { Backend } from '../backend/backend.ts';
import { fullSize } from '../quantizer/running-code.ts';
import { textRope } from '../rope/text-rope.ts';
import { visualRope } from '../rope/visual-rope.ts';
import type { KeyValueCache } from '../transformer/cache.ts';
import { embedCodes } from '../transformer/embed.ts';
import type { KeyValue } from '../transformer/self-attention.ts';
import { guidedPrefix, promptPrefix } from '../transformer/text-prefix.ts';
import { ropeConfig, runBlocks } from '../transformer/transformer.ts';
import type { Transformer } from '../transformer/transformer.ts';
import type { SampleRequest } from './request.ts';

/** Keys and values of several samples, block by block, as rows of one: (N·rows, KV, S, D). */
function rowsOfAll(b: Backend, entries: readonly (readonly KeyValue[])[]): readonly KeyValue[] {
  const [first] = entries;
  if (entries.length === 1) return first;
  const all = first.map((_, block) => ({
    keys: b.concat(entries.map((entry) => entry[block].keys), 0),
    values: b.concat(entries.map((entry) => entry[block].values), 0),
  }));
  for (const entry of new Set(entries)) b.free(entry);
  return all;
}

/** Rows of a sample in every segment: 2 with guidance at any scale, else 1. */
export function rowsOf({ cfg, schedule }: Pick<SampleRequest, 'cfg' | 'schedule'>): 1 | 2 {
  return cfg.slice(0, schedule.scales.length).some((scale) => scale !== 1) ? 2 : 1;
}

/**
 * Fills the cache for samples with these texts, (L, text_channels) each; returns the names of the prefix segments in the order
 * in which scales see them.
 */
export async function prefill(
  b: Backend,
  model: Transformer,
  request: Omit<SampleRequest, 'text'>,
  texts: readonly HostTensor[],
  cache: KeyValueCache,
): Promise<string[]> {
  const { negative, schedule, conditions = [] } = request;
  const rows = rowsOf(request);
  const rope = ropeConfig(model.config);

  const entries = new Map<HostTensor, readonly KeyValue[]>();
  for (const text of new Set(texts)) entries.set(text, await b.scope('text', async (b) => {
    const prompt = b.upload(text); // (L, text_channels)
    const tokens =
      rows === 1
        ? await promptPrefix(b, model, prompt) // (1, L, C)
        : await guidedPrefix(b, model, prompt, negative && b.upload(negative)); // (2, L, C)
    const table = b.upload(textRope(rope, text.shape[0])); // (2, L, D/2)
    return (await runBlocks(b, model, { tokens, rope: table, keep: true })).kept;
  }));
  cache.store('text', rowsOfAll(b, texts.map((text) => entries.get(text)!)));

  for (const { name, features, frames, realSi } of conditions) {
    const entry = await b.scope(name, async (b) => {
      const [, , , h, w] = features.shape as [number, number, number, number, number];
      const step = { realSi, frames, size: [h, w], fullSize: fullSize(schedule) } as const;
      const tokens = await embedCodes(b, model, features, rows); // (rows, t·h·w, C)
      return (await runBlocks(b, model, { tokens, rope: b.upload(visualRope(rope, step)), keep: true })).kept;
    });
    cache.store(name, entry);
  }
  return ['text', ...conditions.map(({ name }) => name)];
}
