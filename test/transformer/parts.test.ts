/** Keys, shapes, cache and text prefix of the transformer. */

import { describe, expect, it } from 'vitest';
import { referenceBackend } from '../../reference/backend.ts';
import { checkShapes } from '../../src/backend/weights.ts';
import { ArgumentError, ShapeError } from '../../src/errors.ts';
import { loadCase } from '../../src/conform/load.ts';
import { parseQuantizer, parseTransformer } from '../../src/model/directory.ts';
import { KeyValueCache } from '../../src/transformer/cache.ts';
import { blockKey, mlpWidth, transformerShapes } from '../../src/transformer/shapes.ts';
import { guidedPrefix, promptPrefix } from '../../src/transformer/text-prefix.ts';
import { randomTensor, randomTransformer, smallQuantizer, smallTransformer } from './random-model.ts';

describe('weights', () => {
  it('are exactly those of the official module', () => {
    const c = loadCase('fixtures/golden/transformer/heads');
    const weights = c.weights();
    const expected = transformerShapes(parseTransformer(c.config), parseQuantizer(c.config));
    const shapes = new Map([...weights].map(([key, value]) => [key, value.shape]));
    expect(new Map([...shapes].sort())).toEqual(new Map([...expected].sort()));
    expect(() => {
      checkShapes({ shapes }, expected);
    }).not.toThrow();
  });

  it('lie in chunks or in one list', () => {
    const config = { ...smallTransformer, depth: 6 };
    const keys = (block_chunks: number): string[] => [0, 1, 5].map((i) => blockKey({ ...config, block_chunks }, i));
    expect(keys(1)).toEqual(['blocks.0', 'blocks.1', 'blocks.5']);
    expect(keys(3)).toEqual(['block_chunks.0.module.0', 'block_chunks.0.module.1', 'block_chunks.2.module.1']);
    expect(keys(6)).toEqual(['block_chunks.0.module.0', 'block_chunks.1.module.0', 'block_chunks.5.module.0']);
  });

  it('have biases and a two-layer text projection only if configured', () => {
    const simple = { ...smallTransformer, qwen_qkvo_bias: false, simple_text_proj: 1 } as const;
    const plain = transformerShapes(simple, smallQuantizer);
    const full = transformerShapes(smallTransformer, smallQuantizer);
    expect([...full.keys()].filter((key) => !plain.has(key)).filter((key) => key.startsWith('text'))).toEqual([
      'text_norm.weight', 'text_proj.0.weight', 'text_proj.0.bias', 'text_proj.2.weight', 'text_proj.2.bias',
    ]);
    expect(full.get('blocks.2.attn.k_proj.bias')).toEqual([16]);
    expect(plain.has('blocks.2.attn.k_proj.bias')).toBe(false);
    const single = transformerShapes(smallTransformer, { ...smallQuantizer, use_two_stage_lfq: 0 });
    expect(single.has('semantic_head2.weight')).toBe(false);
  });

  it.each([
    [4096, 4, 16384],
    [4096, 3.55, 14592],
    [5632, 3.4, 19200],
    [64, 2, 0],
    [64, 6, 512],
    [64, 10, 512],
    [64, 14, 1024],
  ])('have an MLP of %i·%d, rounded half to even in steps of 256: %i', (embed_dim, mlp_ratio, width) => {
    expect(mlpWidth({ embed_dim, mlp_ratio })).toBe(width);
  });
});

describe('the cache', () => {
  it('keeps a scale until its last reader is done, and the prefix for good', () => {
    const b = referenceBackend();
    const entry = (): { keys: ReturnType<typeof b.upload>; values: ReturnType<typeof b.upload> }[] => {
      return [{ keys: b.upload(randomTensor([1], 1)), values: b.upload(randomTensor([1], 2)) }];
    };
    const cache = new KeyValueCache([[], [], [1], [1], [3]]);
    expect([0, 1, 2, 3, 4].map((si) => cache.wants(si))).toEqual([false, true, false, true, false]);
    const first = entry();
    cache.store('text', entry());
    cache.store(1, first);
    cache.release(b, 1);
    cache.release(b, 2);
    expect(cache.past([1, 'text'], 1)[0][0]).toBe(first[0]);
    cache.store(3, entry());
    cache.release(b, 3);
    expect(cache.segments).toEqual(['text', 3]);
    expect(() => b.affine(first[0].keys, 1)).toThrow(/freed/);
    expect(() => cache.past([1], 1)).toThrow(ArgumentError);
  });
});

describe('the text prefix', () => {
  it('fills a shorter negative prompt with zeros after the projection', async () => {
    const b = referenceBackend();
    const model = randomTransformer(b);
    const text = b.upload(randomTensor([5, 8], 1));
    const negative = b.upload(randomTensor([2, 8], 2));
    const rows = await b.read(await guidedPrefix(b, model, text, negative));
    const alone = await b.read(await promptPrefix(b, model, negative));
    expect(rows.shape).toEqual([2, 5, 32]);
    expect(rows.data.slice(5 * 32, 7 * 32)).toEqual(alone.data);
    expect(rows.data.slice(7 * 32).every((value) => value === 0)).toBe(true);
  });

  it('refuses a negative prompt longer than the prompt, and a prompt longer than the null text', async () => {
    const b = referenceBackend();
    const model = randomTransformer(b);
    const short = b.upload(randomTensor([2, 8], 1));
    const long = b.upload(randomTensor([3, 8], 2));
    await expect(guidedPrefix(b, model, short, long)).rejects.toThrow(/negative.*2.*3/);
    await expect(guidedPrefix(b, model, b.upload(randomTensor([513, 8], 3)))).rejects.toThrow(ShapeError);
  });
});
