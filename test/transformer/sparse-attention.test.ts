/** Sampling with the cache and training with the dense mask compute the same hidden states (spec T5, T7). */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { referenceBackend } from '../../reference/backend.ts';
import { hostTensor, sizeOf } from '../../src/array/host.ts';
import type { HostTensor } from '../../src/array/host.ts';
import type { Backend } from '../../src/backend/backend.ts';
import { clipContexts, RELEASED_CONTEXT } from '../../src/pyramid/clips.ts';
import { makeSchedule } from '../../src/pyramid/schedule.ts';
import { textRope } from '../../src/rope/text-rope.ts';
import { frameRange, visualRope } from '../../src/rope/visual-rope.ts';
import { KeyValueCache } from '../../src/transformer/cache.ts';
import { denseMask, visibleSegments } from '../../src/transformer/mask.ts';
import { ropeConfig, runBlocks } from '../../src/transformer/transformer.ts';
import type { Transformer } from '../../src/transformer/transformer.ts';
import { maxDifference, randomTensor, randomTransformer, smallTransformer } from './random-model.ts';

interface Sequence {
  /** Tokens and rotary tables of every scale, then of the text. */
  readonly segments: readonly { readonly tokens: HostTensor; readonly rope: HostTensor }[];
  readonly references: readonly (readonly number[])[];
}

const width = smallTransformer.embed_dim;

const extent = fc.integer({ min: 1, max: 2 });

const sequences = fc
  .record({
    sizes: fc.array(fc.tuple(extent, extent), { minLength: 1, maxLength: 3 }),
    clipLatents: fc.integer({ min: 1, max: 2 }),
    latents: fc.integer({ min: 1, max: 5 }),
    largest: fc.integer({ min: 0, max: 3 }),
    clips: fc.integer({ min: 0, max: 2 }),
    textLength: fc.integer({ min: 1, max: 5 }),
    seed: fc.nat(1e6),
  })
  .map(({ sizes, clipLatents, latents, largest, clips, textLength, seed }): Sequence => {
    const schedule = makeSchedule(sizes, clipLatents, latents);
    const contexts = clipContexts(schedule, {
      ...RELEASED_CONTEXT,
      context_from_largest_no: largest,
      context_interval: 1,
      context_clips: clips,
    });
    const rope = ropeConfig(smallTransformer);
    const visual = schedule.scales.map((scale, si) => {
      const { start, end } = contexts[si];
      const size = [scale[1], scale[2]] as const;
      const step = { realSi: si, frames: frameRange(start, end), size, fullSize: sizes.at(-1)! };
      return { tokens: randomTensor([1, sizeOf(scale), width], seed + si), rope: visualRope(rope, step) };
    });
    const text = { tokens: randomTensor([1, textLength, width], seed + 999), rope: textRope(rope, textLength) };
    return { segments: [...visual, text], references: contexts.map(({ references }) => references) };
  });

/** Hidden states of all scales, one run per segment, with the cache. */
async function sparse(b: Backend, model: Transformer, { segments, references }: Sequence): Promise<Float32Array[]> {
  const cache = new KeyValueCache(references);
  const inputs = segments.map(({ tokens, rope }) => ({ tokens: b.upload(tokens), rope: b.upload(rope) }));
  cache.store('text', (await runBlocks(b, model, { ...inputs.at(-1)!, keep: true })).kept);
  const outputs: Float32Array[] = [];
  for (const [si, refs] of references.entries()) {
    const past = cache.past([...refs, 'text'], model.config.depth);
    const { hidden, kept } = await runBlocks(b, model, { ...inputs[si], past, keep: cache.wants(si) });
    outputs.push((await b.read(hidden)).data);
    if (cache.wants(si)) cache.store(si, kept);
    cache.release(b, si);
  }
  expect(cache.segments).toEqual(['text']);
  return outputs;
}

/** The same in one run over the packed sequence, with padding behind it. */
async function dense(b: Backend, model: Transformer, { segments, references }: Sequence): Promise<HostTensor> {
  const pairs = segments[0].rope.shape[2];
  const padding = { tokens: randomTensor([1, 3, width], 5), rope: randomTensor([2, 3, pairs], 6) };
  const all = [...segments, padding];
  const mask = denseMask(
    all.map(({ tokens }) => tokens.shape[1]),
    visibleSegments([references]),
  );
  const tokens = b.concat(all.map((segment) => b.upload(segment.tokens)), 1); // (1, L, C)
  const rope = b.concat(all.map((segment) => b.upload(segment.rope)), 1); // (2, L, D/2)
  return b.read((await runBlocks(b, model, { tokens, rope, mask: b.upload(mask), keep: false })).hidden);
}

describe('sparse attention', () => {
  it('with the cache equals dense attention with the training mask, on any schedule', async () => {
    await fc.assert(
      fc.asyncProperty(sequences, async (sequence) => {
        const b = referenceBackend();
        const model = randomTransformer(b);
        const outputs = await sparse(b, model, sequence);
        const packed = await dense(b, model, sequence);
        let offset = 0;
        for (const values of outputs) {
          const part = packed.data.slice(offset, offset + values.length);
          offset += values.length;
          const shape = [values.length];
          expect(maxDifference(hostTensor(values, shape), hostTensor(part, shape))).toBeLessThan(2e-5);
        }
      }),
      { numRuns: 25 },
    );
  });

  it('hides what the mask hides: samples of a packed sequence do not see each other', () => {
    const visible = visibleSegments([[[], [0]], [[]]]);
    expect(visible.map((row) => row.map(Number).join(''))).toEqual(['10010', '11010', '00101', '00010', '00001']);
    const mask = denseMask([1, 1, 1, 2, 1, 1], visible);
    const row = (i: number): string => Array.from({ length: 7 }, (_, j) => (mask.get(i, j) === 0 ? 'x' : '.')).join('');
    expect(Array.from({ length: 7 }, (_, i) => row(i))).toEqual([
      'x..xx..', 'xx.xx..', '..x..x.', '...xx..', '...xx..', '.....x.', '.......',
    ]);
  });
});
