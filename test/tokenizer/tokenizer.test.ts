import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { referenceBackend } from '../../reference/backend.ts';
import { hostTensor, hostZeros } from '../../src/array/host.ts';
import { residentWeights } from '../../src/backend/weights.ts';
import { loadCase } from '../../src/conform/load.ts';
import { ArgumentError, ShapeError, WeightError } from '../../src/errors.ts';
import type { TokenizerConfig } from '../../src/model/config.ts';
import { parseTokenizer } from '../../src/model/directory.ts';
import { decodeVideo } from '../../src/tokenizer/decode.ts';
import { encodeVideo } from '../../src/tokenizer/encode.ts';
import { framesPerLatent, levelsOf, pixelsPerFeature } from '../../src/tokenizer/levels.ts';
import { patchify, unpatchify } from '../../src/tokenizer/patchify.ts';
import { posteriorSample } from '../../src/tokenizer/posterior.ts';
import { tokenizerShapes } from '../../src/tokenizer/shapes.ts';
import { makeTokenizer } from '../../src/tokenizer/tokenizer.ts';
import { largestDifference, noise, randomTokenizer, SMALL } from './support.ts';

const golden = loadCase(join(import.meta.dirname, '../../fixtures/golden/vae/encode-t1-32x32'));

/** Widths that every level can reach: kept where nothing is resampled, else kept or doubled. */
const configs: fc.Arbitrary<TokenizerConfig> = fc
  .record({
    blocks: fc.constantFrom(3, 4, 5),
    spatial: fc.integer({ min: 0, max: 3 }),
    temporal: fc.integer({ min: 0, max: 3 }),
    first: fc.constantFrom(4, 8),
    grows: fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
    layers: fc.constantFrom(1, 2),
    latent: fc.constantFrom(1, 3),
  })
  .map(({ blocks, spatial, temporal, first, grows, layers, latent }) => {
    const widths: number[] = [first];
    for (let i = 0; i < blocks; i++) {
      const resamples = i < Math.max(spatial, temporal);
      widths.push(widths[i] * (resamples && grows[i] && widths[i] < 16 ? 2 : 1));
    }
    return {
      ...SMALL,
      latent_channels: latent,
      block_out_channels: widths,
      layers_per_block: layers,
      spatial_compression_list: Array<number>(spatial).fill(2),
      temporal_compression_list: Array<number>(temporal).fill(2),
    };
  });

describe('tokenizer weights', () => {
  it('have the official keys and shapes', () => {
    const official = [...golden.weights()].filter(([key]) => !key.startsWith('quantizer'));
    const expected = tokenizerShapes(parseTokenizer(golden.config));
    expect([...expected.keys()].sort()).toEqual(official.map(([key]) => key).sort());
    for (const [key, value] of official) expect([key, expected.get(key)]).toEqual([key, value.shape]);
  });

  it('are checked', () => {
    const b = referenceBackend();
    const values = new Map(golden.weights());
    const config = parseTokenizer(golden.config);
    values.set('encoder.conv_out.conv.bias', hostZeros([7]));
    expect(() => makeTokenizer(config, residentWeights(b, values))).toThrow(WeightError);
    values.delete('encoder.conv_out.conv.bias');
    expect(() => makeTokenizer(config, residentWeights(b, values))).toThrow(/'encoder\.conv_out\.conv\.bias'.*missing/);
  });
});

describe('tokenizer configurations', () => {
  it('lead to features and back to a video of the same shape', async () => {
    await fc.assert(
      fc.asyncProperty(configs, fc.integer({ min: 0, max: 2 }), async (config, k) => {
        const b = referenceBackend();
        const tokenizer = randomTokenizer(b, config);
        const [side, step] = [pixelsPerFeature(config), framesPerLatent(config)];
        const shape = [1, 3, k * step + 1, side, 2 * side];
        const features = await encodeVideo(b, tokenizer, noise(shape, 9));
        expect(features.shape).toEqual([1, 4 * config.latent_channels, k + 1, 1, 2]);
        const video = await decodeVideo(b, tokenizer, features);
        expect(video.shape).toEqual(shape);
        expect(video.data.every(Number.isFinite)).toBe(true);
      }),
      { numRuns: 12, seed: 1 },
    );
  });

  it('divide sides and frames as released', () => {
    const released = { ...SMALL, block_out_channels: [96, 192, 384, 384, 384] };
    expect([pixelsPerFeature(released), framesPerLatent(released)]).toEqual([16, 4]);
    expect(levelsOf(released).map((level) => [level.resamples, level.timeFactor])).toEqual([
      [true, 2],
      [true, 2],
      [true, 1],
      [false, 1],
    ]);
  });

  it.each([
    [{ block_out_channels: [4] }, /spatial_compression_list/],
    [{ block_out_channels: [4, 8, 12, 12] }, /block_out_channels\[2\]/],
    [{ block_out_channels: [4, 6, 6, 6] }, /block_out_channels\[1\]/],
    [{ block_out_channels: [4, 8, 8, 8, 16] }, /block_out_channels\[4\]/],
    [{ temporal_compression_list: [3] }, /temporal_compression_list/],
    [{ spatial_compression_list: [2, 2, 2, 2] }, /spatial_compression_list/],
    [{ layers_per_block: 0 }, /layers/],
  ])('that make no network are refused: %o', (change, message) => {
    const make = (): unknown => tokenizerShapes({ ...SMALL, ...change });
    expect(make).toThrow(ArgumentError);
    expect(make).toThrow(message);
  });
});

describe('arguments', () => {
  const b = referenceBackend();
  const tokenizer = randomTokenizer(b, SMALL);

  it.each([
    [[1, 3, 4, 16, 16], /4k \+ 1, such as 1 or 5, got 4/],
    [[1, 3, 0, 16, 16], /4k \+ 1, such as 1 or 5, got 0/],
    [[1, 3, 1, 16, 24], /multiples of 16, got \[16, 24\]/],
    [[1, 3, 1, 0, 16], /multiples of 16/],
    [[1, 4, 1, 16, 16], /\[B, 3, T, H, W\]/],
    [[3, 1, 16, 16], /\[B, 3, T, H, W\]/],
  ])('video %j', async (shape, message) => {
    const encoding = encodeVideo(b, tokenizer, hostZeros(shape));
    await expect(encoding).rejects.toThrow(ShapeError);
    await expect(encoding).rejects.toThrow(message);
  });

  it('noise of another shape', async () => {
    const encoding = encodeVideo(b, tokenizer, hostZeros([1, 3, 5, 16, 16]), hostZeros([1, 8, 1, 1, 1]));
    await expect(encoding).rejects.toThrow(/noise: expected \[1, 8, 2, 1, 1\]/);
  });

  it.each([[[1, 64, 1, 1, 1]], [[1, 8, 1, 1]]])('features %j', async (shape) => {
    await expect(decodeVideo(b, tokenizer, b.upload(hostZeros(shape)))).rejects.toThrow(ShapeError);
  });
});

describe('posterior (V9)', () => {
  it('is mean + exp(clamp(logvar)/2) · noise', async () => {
    const b = referenceBackend();
    const logvar = [-1e9, -30, -1, 0, 3, 20, 1e9];
    const mean = [1, 2, 3, 4, 5, 6, 7];
    const draw = [1, -1, 2, -2, 0.5, 1, -1];
    const moments = b.upload(hostTensor(Float32Array.of(...mean, ...logvar), [1, 14, 1, 1, 1]));
    const draws = b.upload(hostTensor(Float32Array.from(draw), [1, 7, 1, 1, 1]));
    const sample = await b.read(posteriorSample(b, moments, draws));
    for (const [i, value] of sample.data.entries()) {
      const exact = mean[i] + Math.exp(Math.min(Math.max(logvar[i], -30), 20) / 2) * draw[i];
      expect(Math.abs(value - exact)).toBeLessThanOrEqual(1e-5 * Math.abs(exact));
    }
    expect([...(await b.read(posteriorSample(b, moments, undefined))).data]).toEqual(mean);
  });

  it('takes the noise of each frame across chunks, and none is zero noise', async () => {
    const b = referenceBackend();
    const tokenizer = randomTokenizer(b, SMALL);
    const video = noise([1, 3, 17, 16, 16], 4);
    const mean = await b.read(await encodeVideo(b, tokenizer, video));
    const zero = hostZeros([1, 8, 5, 1, 1]);
    expect(largestDifference(await b.read(await encodeVideo(b, tokenizer, video, zero)), mean)).toBe(0);
    zero.set(0, 3, 4, 0, 0, 1);
    const moved = await b.read(await encodeVideo(b, tokenizer, video, zero));
    const changed = new Set([...mean.data.keys()].filter((i) => mean.data[i] !== moved.data[i]).map((i) => i % 5));
    expect([...changed]).toEqual([4]);
  });
});

describe('patchify', () => {
  it('is undone by unpatchify', async () => {
    const extent = fc.integer({ min: 1, max: 3 });
    await fc.assert(
      fc.asyncProperty(extent, extent, extent, extent, extent, async (batch, c, t, h, w) => {
        const b = referenceBackend();
        const x = noise([batch, c, t, 2 * h, 2 * w], 2);
        const patched = patchify(b, b.upload(x));
        expect(patched.shape).toEqual([batch, 4 * c, t, h, w]);
        expect(await b.read(unpatchify(b, patched))).toEqual(x);
      }),
      { numRuns: 30 },
    );
  });
});
