import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { referenceBackend } from '../../reference/backend.ts';
import type { HostTensor } from '../../src/array/host.ts';
import { hostTensor } from '../../src/array/host.ts';
import { decodeChunks, encodeChunks } from '../../src/tokenizer/chunks.ts';
import type { Span } from '../../src/tokenizer/chunks.ts';
import { cachedChain, framewise } from '../../src/tokenizer/conv-cache.ts';
import type { ConvCache } from '../../src/tokenizer/conv-cache.ts';
import { decodeInChunks, decodeVideo } from '../../src/tokenizer/decode.ts';
import { decoderChunk } from '../../src/tokenizer/decoder.ts';
import { encodeVideo } from '../../src/tokenizer/encode.ts';
import { encoderChunk } from '../../src/tokenizer/encoder.ts';
import { framesOf, joinFrames } from '../../src/tokenizer/frames.ts';
import { unpatchify } from '../../src/tokenizer/patchify.ts';
import { projectUp } from '../../src/tokenizer/projection.ts';
import { counting, largestDifference, noise, randomTokenizer, SMALL } from './support.ts';

const lengths = (spans: readonly Span[]): number[] => spans.map(({ start, end }) => end - start);

describe('chunk boundaries (V8)', () => {
  it('are the official ones', () => {
    const encoded = [1, 5, 9, 13, 16, 17, 21, 81].map((frames) => lengths(encodeChunks(frames, 4)));
    expect(encoded).toEqual([[1], [5], [9], [13], [8, 8], [9, 8], [13, 8], [9, ...Array<number>(9).fill(8)]]);
    const decoded = [1, 2, 3, 4, 5, 6, 21].map((latents) => lengths(decodeChunks(latents)));
    expect(decoded).toEqual([[1], [2], [3], [4], [3, 2], [4, 2], [3, ...Array<number>(9).fill(2)]]);
  });

  it('cover all frames in order, and only the first chunk is odd', () => {
    const check = (total: number, spans: readonly Span[]): void => {
      const ends = spans.map((span) => span.end);
      expect(spans.map((span) => span.start)).toEqual([0, ...ends.slice(0, -1)]);
      expect(ends.at(-1)).toBe(total);
      expect(lengths(spans.slice(1)).every((length) => length > 0 && length % 2 === 0)).toBe(true);
    };
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), fc.constantFrom(1, 2, 4, 8), (total, factor) => {
        check(total, encodeChunks(total, factor));
        check(total, decodeChunks(total));
      }),
    );
  });
});

describe('frames of host videos', () => {
  it('join to what they were cut from', () => {
    const video = noise([2, 3, 7, 2, 3], 5);
    const parts = decodeChunks(7).map((span) => framesOf(video, span));
    expect(joinFrames(parts)).toEqual(video);
    expect(framesOf(video, { start: 2, end: 3 }).get(1, 2, 0, 1, 2)).toBe(video.get(1, 2, 2, 1, 2));
  });

  it('refuse to join what does not fit', () => {
    expect(() => joinFrames([noise([1, 3, 1, 2, 2], 1), noise([1, 3, 1, 2, 3], 1)])).toThrow(/parts/);
    expect(() => joinFrames([])).toThrow(/parts/);
  });
});

describe('chunked and single passes', () => {
  it.each([1, 2, 3, 5, 8, 9, 13, 14, 16, 17, 21, 22, 25])('encode %i frames alike', async (frames) => {
    const b = referenceBackend();
    const tokenizer = randomTokenizer(b, SMALL);
    const video = noise([1, 3, frames, 16, 16], frames);
    const whole = await b.read((await encoderChunk(b, tokenizer, b.upload(video))).y);
    const parts: HostTensor[] = [];
    let cache: ConvCache | undefined;
    for (const span of encodeChunks(frames, 4)) {
      const chunk = await encoderChunk(b, tokenizer, b.upload(framesOf(video, span)), cache);
      parts.push(await b.read(chunk.y));
      cache = chunk.cache;
    }
    const joined = joinFrames(parts);
    expect(joined.shape).toEqual(whole.shape);
    expect(largestDifference(joined, whole)).toBeLessThan(1e-5);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('decode %i latent frames alike', async (latents) => {
    const b = referenceBackend();
    const tokenizer = randomTokenizer(b, SMALL);
    const features = b.upload(noise([1, 8, latents, 1, 2], latents));
    const z = unpatchify(b, await projectUp(b, tokenizer.weights, features));
    const whole = await b.read((await decoderChunk(b, tokenizer, z, latents % 2 === 0)).y);
    const chunked = await decodeVideo(b, tokenizer, features);
    expect(chunked.shape).toEqual([1, 3, 4 * latents - 3, 16, 32]);
    expect(chunked.shape).toEqual(whole.shape);
    expect(largestDifference(chunked, whole)).toBeLessThan(1e-5);
  });

  it('are causal: a shorter latent, even one of two frames, decodes to the beginning of the longer one', async () => {
    const b = referenceBackend();
    const tokenizer = randomTokenizer(b, SMALL);
    const features = noise([1, 8, 7, 1, 1], 3);
    const all = await decodeVideo(b, tokenizer, b.upload(features));
    for (const latents of [1, 2, 3, 4, 6]) {
      const video = await decodeVideo(b, tokenizer, b.upload(framesOf(features, { start: 0, end: latents })));
      const beginning = framesOf(all, { start: 0, end: 4 * latents - 3 });
      expect(video.shape).toEqual(beginning.shape);
      expect(largestDifference(video, beginning)).toBeLessThan(1e-5);
    }
  });

  it('treat the items of a batch alike', async () => {
    const b = referenceBackend();
    const tokenizer = randomTokenizer(b, SMALL);
    const one = noise([1, 3, 5, 16, 16], 1);
    const two = noise([1, 3, 5, 16, 16], 2);
    const both = hostTensor(Float32Array.of(...one.data, ...two.data), [2, 3, 5, 16, 16]);
    const features = await b.read(await encodeVideo(b, tokenizer, both));
    const second = await b.read(await encodeVideo(b, tokenizer, two));
    expect(features.shape).toEqual([2, 8, 2, 1, 1]);
    expect([...features.data.subarray(16)]).toEqual([...second.data]);
  });
});

describe('memory', () => {
  it('of a chain does not depend on the number of its stages', async () => {
    const peaks: number[] = [];
    for (const count of [3, 12]) {
      const { backend, alive } = counting(referenceBackend());
      const double = Array.from({ length: count }, (_, i) => framewise(`${i}`, async (b, x) => b.affine(x, 2)));
      const result = await cachedChain(backend, backend.upload(noise([4], 1)), undefined, double);
      expect(alive.now()).toBe(2 * 4);
      expect((await backend.read(result.y)).get(0)).toBeCloseTo(2 ** count * noise([4], 1).get(0), 2);
      peaks.push(alive.peak);
    }
    expect(peaks).toEqual([3 * 4, 3 * 4]);
  });

  it('of decoding does not depend on the number of chunks, and nothing stays', async () => {
    const device = referenceBackend();
    const tokenizer = randomTokenizer(device, SMALL);
    const peaks: number[] = [];
    for (const latents of [5, 7, 15]) {
      const { backend, alive } = counting(device);
      const features = device.upload(noise([1, 8, latents, 1, 1], latents));
      let frames = 0;
      for await (const chunk of decodeInChunks(backend, tokenizer, features)) frames += chunk.shape[2];
      expect(frames).toBe(4 * latents - 3);
      expect(alive.now()).toBe(0);
      peaks.push(alive.peak);
    }
    expect(peaks[0]).toBeGreaterThan(0);
    expect(new Set(peaks).size).toBe(1);
  });

  it('of decoding is given back when the reader stops early', async () => {
    const device = referenceBackend();
    const { backend, alive } = counting(device);
    const chunks = decodeInChunks(backend, randomTokenizer(device, SMALL), device.upload(noise([1, 8, 7, 1, 1], 1)));
    await chunks.next();
    expect(alive.now()).toBeGreaterThan(0);
    await chunks.return(undefined);
    expect(alive.now()).toBe(0);
  });

  it('of encoding grows by the features alone', async () => {
    const device = referenceBackend();
    const tokenizer = randomTokenizer(device, SMALL);
    const measure = async (frames: number): Promise<{ peak: number; left: number }> => {
      const { backend, alive } = counting(device);
      await encodeVideo(backend, tokenizer, noise([1, 3, frames, 16, 16], frames));
      return { peak: alive.peak, left: alive.now() };
    };
    const [short, long] = [await measure(17), await measure(65)];
    const perLatent = 8;
    expect([short.left, long.left]).toEqual([5 * perLatent, 17 * perLatent]);
    expect(long.peak - short.peak).toBeLessThanOrEqual((17 - 5) * perLatent);
  });
});
