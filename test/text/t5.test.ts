/** The T5 encoder beside its golden cases: padding, streaming, position buckets, configurations. */

import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { referenceBackend } from '../../reference/backend.ts';
import { hostTensor } from '../../src/array/host.ts';
import type { WeightStore } from '../../src/backend/weights.ts';
import { checkShapes, residentWeights, weightsAt } from '../../src/backend/weights.ts';
import { loadCase } from '../../src/conform/load.ts';
import { ArgumentError, ShapeError, UnsupportedError, WeightError } from '../../src/errors.ts';
import { Fields } from '../../src/io/fields.ts';
import { promptFeatures } from '../../src/text/features.ts';
import { relativePositionBucket } from '../../src/text/relative-position.ts';
import { readT5Config } from '../../src/text/t5-config.ts';
import { t5Encode } from '../../src/text/t5-encoder.ts';
import { t5Shapes } from '../../src/text/t5-shapes.ts';

const golden = loadCase(join(import.meta.dirname, '../../fixtures/golden/text/t5-len5-padded'));
const config = readT5Config(golden.config);
const values = golden.weights();

describe('t5Encode', () => {
  it('gives a prompt alone the rows that it has with padding', async () => {
    const b = referenceBackend();
    const weights = residentWeights(b, values);
    const ids = Int32Array.of(7, 3, 40, 9, 1);
    const alone = await b.read(await promptFeatures(b, config, weights, ids)); // (5, C)
    const padded = hostTensor(Int32Array.of(0, 0, 0, 0, 0, 0, 0, ...ids, 0, 0), [2, 7]);
    const mask = hostTensor(Float32Array.of(1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 0, 0), [2, 7]);
    const both = await b.read(await t5Encode(b, config, weights, padded, mask)); // (2, 7, C)
    for (let row = 0; row < 5; row++) {
      for (let c = 0; c < config.d_model; c++) expect(both.get(1, row, c)).toBeCloseTo(alone.get(row, c), 4);
    }
  });

  it('runs on weights that are uploaded for each stage', async () => {
    const b = referenceBackend();
    const loads: string[] = [];
    const streaming: WeightStore = {
      shapes: new Map([...values].map(([key, value]) => [key, value.shape])),
      load: async (inner, prefix) => {
        loads.push(prefix);
        const mine = [...values].filter(([key]) => key.startsWith(`${prefix}.`));
        return weightsAt(new Map(mine.map(([key, value]) => [key, inner.upload(value)])), `${prefix}.`);
      },
      tensor: async (inner, key) => inner.upload(values.get(key)!),
    };
    const ids = Int32Array.of(7, 3, 1);
    const streamed = await b.read(await promptFeatures(b, config, streaming, ids));
    const resident = await b.read(await promptFeatures(b, config, residentWeights(b, values), ids));
    expect(streamed.data).toEqual(resident.data);
    expect(loads).toEqual([
      'shared',
      'encoder.block.0.layer.0.SelfAttention.relative_attention_bias',
      ...Array.from({ length: config.num_layers }, (_, i) => `encoder.block.${i}`),
      'encoder.final_layer_norm',
    ]);
  });

  it('refuses ids that are no tokens and masks that do not fit', async () => {
    const b = referenceBackend();
    const weights = residentWeights(b, values);
    const encode = (ids: number[], shape: number[], mask?: number[]) => {
      const given = mask === undefined ? undefined : hostTensor(Float32Array.from(mask), [1, mask.length]);
      return t5Encode(b, config, weights, hostTensor(Int32Array.from(ids), shape), given);
    };
    await expect(encode([1, config.vocab_size], [1, 2])).rejects.toThrow(ArgumentError);
    await expect(encode([-1], [1, 1])).rejects.toThrow(ArgumentError);
    await expect(encode([], [1, 0])).rejects.toThrow(ShapeError);
    await expect(encode([1], [1])).rejects.toThrow(ShapeError);
    await expect(encode([1, 1], [1, 2], [1])).rejects.toThrow(ShapeError);
  });
});

describe('t5Shapes', () => {
  it('needs the encoder and nothing else of a checkpoint', () => {
    const b = referenceBackend();
    const extra = hostTensor(new Float32Array(3), [3]);
    const decoder = 'decoder.block.0.layer.0.SelfAttention.q.weight';
    const more = new Map([...values, [decoder, extra], ['lm_head.weight', extra]]);
    expect(() => checkShapes(residentWeights(b, more), t5Shapes(config))).not.toThrow();
    expect(new Set(t5Shapes(config).keys())).toEqual(new Set(values.keys()));
    for (const key of values.keys()) {
      const less = new Map(values);
      less.delete(key);
      expect(() => checkShapes(residentWeights(b, less), t5Shapes(config))).toThrow(WeightError);
    }
  });
});

describe('relativePositionBucket', () => {
  it('grows with the distance, the same on both sides, and stays in range', () => {
    const setting = fc.record({ quarter: fc.integer({ min: 1, max: 20 }), far: fc.integer({ min: 1, max: 300 }) });
    fc.assert(fc.property(setting, fc.integer({ min: 1, max: 2000 }), ({ quarter, far }, distance) => {
      const bucket = (position: number) => relativePositionBucket(position, 4 * quarter, quarter + far);
      expect(bucket(distance)).toBe(bucket(-distance) + 2 * quarter);
      expect(bucket(-distance)).toBeGreaterThanOrEqual(bucket(1 - distance));
      expect(bucket(-distance)).toBeLessThan(2 * quarter);
      if (distance < quarter) expect(bucket(-distance)).toBe(distance);
      if (distance >= quarter + far) expect(bucket(-distance)).toBe(2 * quarter - 1);
    }));
    expect(relativePositionBucket(0, 32, 128)).toBe(0);
  });
});

describe('readT5Config', () => {
  const small = {
    vocab_size: 8, d_model: 4, d_kv: 2, num_heads: 2, d_ff: 8, num_layers: 1, relative_attention_num_buckets: 32,
  };
  const read = (change: object) => readT5Config(new Fields({ ...small, ...change }, 'config.json'));

  it('has the defaults of the published files and ignores the decoder', () => {
    expect(read({ num_decoder_layers: 3, architectures: ['T5ForConditionalGeneration'] })).toEqual({
      ...small, feed_forward_proj: 'relu', relative_attention_max_distance: 128, layer_norm_epsilon: 1e-6,
    });
  });

  it('names the field that is wrong', () => {
    expect(() => read({ d_kv: 0 })).toThrow('config.json.d_kv');
    expect(() => read({ num_layers: 1.5 })).toThrow('config.json.num_layers');
    expect(() => read({ relative_attention_num_buckets: 9 })).toThrow('even');
    expect(() => read({ relative_attention_max_distance: 8 })).toThrow('an integer from 9');
    expect(() => read({ layer_norm_epsilon: 0 })).toThrow('layer_norm_epsilon');
    expect(() => read({ feed_forward_proj: 'gated-silu' })).toThrow(UnsupportedError);
  });
});
