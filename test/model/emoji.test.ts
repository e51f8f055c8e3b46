/** The model of emoji that ships: hearts of the colours that are asked for, on white, in every frame; one on both backends. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeBackend } from '../../src/backends.ts';
import { shippedModel } from '../../src/model/default.ts';
import { loadModel } from '../../src/model/load.ts';
import type { Model } from '../../src/model/load.ts';
import { generateVideo } from '../../src/pipeline/generate.ts';
import { referenceBackend } from '../../reference/backend.ts';

describe('emoji', () => {
  let model: Model;
  beforeAll(async () => {
    model = await loadModel(shippedModel('emoji'), await makeBackend('wasm', { threads: 2 }));
  });
  afterAll(() => model.backend.close());

  it.each([['A red heart!', 0], ['❤️', 0], ['blue heart', 2], ['green heart', 1]] as const)('%s', async (prompt, channel) => {
    const { frames } = await generateVideo(model, { prompt, seed: 3 }); // (17, 64, 64, 3)
    expect(frames.shape).toEqual([17, 64, 64, 3]);
    for (let t = 0; t < 17; t++) {
      const [middle, corner] = [[32, 32], [2, 2]].map(([y, x]) => [0, 1, 2].map((c) => frames.get(t, y, x, c)));
      expect(middle.indexOf(Math.max(...middle)), `frame ${t}: ${middle.join(' ')}`).toBe(channel);
      expect(Math.max(...middle) - Math.min(...middle)).toBeGreaterThan(60);
      expect(Math.min(...corner)).toBeGreaterThan(225);
    }
  });

  it('is drawn with the same bits by the readable backend', async () => {
    const readable = await loadModel(shippedModel('emoji'), referenceBackend());
    const request = { prompt: 'a red heart', frames: 1, seed: 5 };
    const [got, want] = [await generateVideo(model, request), await generateVideo(readable, request)];
    const away = want.frames.data.filter((value, i) => Math.abs(value - got.frames.data[i]) > 1);
    expect(away.length).toBe(0);
  });
});
