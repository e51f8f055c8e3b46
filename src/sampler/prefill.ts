/**
 * The prefix of the sequence: the text, then any visual conditions, each run through the blocks once so that their
 * keys and values are there for every scale.
 *
 * The text runs as two rows, prompt and null prompt, if any scale has guidance; so then do all later segments.
 *
 * Source: models/infinity.py:ar_infer_infinity_elegant ("text tokens forward"),
 * ar_infer_infinity_star_interact ("visual condition forward"). Spec S1, S11.
 */

import type { Backend } from '../backend/backend.ts';
import { fullSize } from '../quantizer/running-code.ts';
import { textRope } from '../rope/text-rope.ts';
import { visualRope } from '../rope/visual-rope.ts';
import type { KeyValueCache } from '../transformer/cache.ts';
import { embedCodes } from '../transformer/embed.ts';
import { guidedPrefix, promptPrefix } from '../transformer/text-prefix.ts';
import { ropeConfig, runBlocks } from '../transformer/transformer.ts';
import type { Transformer } from '../transformer/transformer.ts';
import type { SampleRequest } from './request.ts';

/** Rows of every segment: 2 with guidance at any scale, else 1. */
export function rowsOf({ cfg, schedule }: SampleRequest): 1 | 2 {
  return cfg.slice(0, schedule.scales.length).some((scale) => scale !== 1) ? 2 : 1;
}

/** Fills the cache; returns the names of the prefix segments in the order in which scales see them. */
export async function prefill(
  b: Backend,
  model: Transformer,
  request: SampleRequest,
  cache: KeyValueCache,
): Promise<string[]> {
  const { text, negative, schedule, conditions = [] } = request;
  const rows = rowsOf(request);
  const rope = ropeConfig(model.config);

  const textEntry = await b.scope('text', async (b) => {
    const prompt = b.upload(text); // (L, text_channels)
    const tokens =
      rows === 1
        ? await promptPrefix(b, model, prompt) // (1, L, C)
        : await guidedPrefix(b, model, prompt, negative && b.upload(negative)); // (2, L, C)
    const table = b.upload(textRope(rope, text.shape[0])); // (2, L, D/2)
    return (await runBlocks(b, model, { tokens, rope: table, keep: true })).kept;
  });
  cache.store('text', textEntry);

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
