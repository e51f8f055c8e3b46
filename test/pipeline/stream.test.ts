/** Generation as an iterator: the same steps and frames as by callbacks; it waits to be asked, and ends when nobody asks. */

import { afterAll, beforeAll, expect, it } from 'vitest';
import { hostTensor } from '../../src/array/host.ts';
import { makeBackend } from '../../src/backends.ts';
import { ArgumentError, UnsupportedError } from '../../src/errors.ts';
import { fromImageData, toImageData, toRgba } from '../../src/io/image-data.ts';
import { shippedModel } from '../../src/model/default.ts';
import { loadModel } from '../../src/model/load.ts';
import type { Model } from '../../src/model/load.ts';
import { generateVideo } from '../../src/pipeline/generate.ts';
import { streamVideo } from '../../src/pipeline/stream.ts';

const request = { prompt: 'a red circle moving right on a white background', seed: 2, frames: 33 };
let model: Model;
beforeAll(async () => {
  model = await loadModel(shippedModel('toy'), await makeBackend('wasm', { threads: 1 }));
});
afterAll(() => model.backend.close());

it('steps, then frames that together are the video, then the video', async () => {
  const news = streamVideo(model, request);
  const [kinds, parts]: [string[], Uint8Array[]] = [[], []];
  let next = await news.next();
  for (; next.done !== true; next = await news.next()) {
    kinds.push(next.value.kind);
    if (next.value.kind === 'step') expect((await next.value.b.read(next.value.step.code)).shape.length).toBe(5); // while it is there
    else parts.push(Uint8Array.from(next.value.frames.data.subarray(next.value.frames.offset)));
  }
  expect(kinds.lastIndexOf('step')).toBe(kinds.indexOf('frames') - 1);
  expect(parts.length).toBeGreaterThan(1);
  const whole = await generateVideo(model, request);
  expect(Buffer.concat(parts)).toEqual(Buffer.from(whole.frames.data));
  expect(next.value.frames.data).toEqual(whole.frames.data);
}, 60_000);

it('nothing goes on until it is asked for, and leaving ends it', async () => {
  let seen = 0;
  for await (const news of streamVideo(model, { ...request, onStep: () => void (seen += 1) })) {
    expect(news.kind).toBe('step');
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(seen).toBe(1);
    break;
  }
  expect(seen).toBe(1); // aborted: no further step was finished
  expect((await generateVideo(model, { ...request, frames: 1 })).frames.shape[0]).toBe(1);
});

it('errors and signals come through', async () => {
  await expect(streamVideo(model, { ...request, frames: 18 }).next()).rejects.toBeInstanceOf(ArgumentError);
  const reason = new Error('enough');
  const controller = new AbortController();
  const news = streamVideo(model, { ...request, signal: controller.signal });
  await news.next();
  controller.abort(reason);
  await expect(news.next()).rejects.toBe(reason);
});

it('frames as pixels of a canvas, and back', () => {
  const frames = hostTensor(Uint8Array.from({ length: 2 * 2 * 3 * 3 }, (_, i) => i), [2, 2, 3, 3]);
  const rgba = toRgba(frames, 1);
  expect(Array.from(rgba.subarray(0, 8))).toEqual([18, 19, 20, 255, 21, 22, 23, 255]);
  const back = fromImageData({ data: rgba, width: 3, height: 2 });
  expect(back.frames.shape).toEqual([1, 2, 3, 3]);
  expect(Array.from(back.frames.data)).toEqual(Array.from(frames.data.subarray(18)));
  expect(() => toRgba(frames, 2)).toThrow(ArgumentError);
  expect(() => toImageData(frames)).toThrow(UnsupportedError);
});
