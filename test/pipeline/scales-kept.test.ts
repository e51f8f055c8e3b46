/** PSNR by the number of scales kept: of a picture, the same as reconstructing it scale by scale. */

import { expect, it } from 'vitest';
import { wasmBackend } from '../../backends/wasm/index.ts';
import type { HostTensor } from '../../src/array/host.ts';
import { loadModel } from '../../src/model/load.ts';
import { planSchedule } from '../../src/pipeline/plan.ts';
import { reconstructVideo } from '../../src/pipeline/reconstruct.ts';
import { psnrOfScalesKept } from '../../src/pipeline/scales-kept.ts';
import { toyWorld } from '../../src/toyworld/dataset.ts';
import { renderFrames } from '../../src/toyworld/render.ts';

it('is the mean over the videos, one value for each number of scales', async () => {
  const model = await loadModel('fixtures/models/toy', await wasmBackend({ threads: 1 }));
  const { config, backend, tokenizer, quantizer } = model;
  const world = toyWorld();
  const sums = [0, 0, 0, 0];
  for (const index of [0, 1]) {
    const video = { frames: renderFrames(world.sample(index).scene, 1), fps: null };
    for await (const { scales, psnr } of reconstructVideo(model, { video, scales: [1, 2, 3, 4] })) sums[scales - 1] += psnr;
  }
  const pictures = world.batch(0, 2, 1).video; // (2, 3, 1, H, W)
  const keep = (frames: number, videos: HostTensor): Promise<number[]> => {
    return psnrOfScalesKept(backend, tokenizer, quantizer, planSchedule(config.schedule, frames), config.sampling, videos);
  };
  const values = await keep(1, pictures);
  values.forEach((value, n) => expect(value).toBeCloseTo(sums[n] / 2, 9));

  const clips = world.batch(0, 1, 17).video; // (1, 3, 17, H, W)
  const both = await keep(17, clips);
  expect(both).toHaveLength(4); // of every clip as many
  expect(both.every((value) => value > 0 && value < 60)).toBe(true);
});
