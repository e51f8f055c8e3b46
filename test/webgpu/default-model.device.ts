/** The model that ships, a 17-frame video: the bits of the readable backend, and what the queue did for it. */

import { expect, it } from 'vitest';
import { webgpuBackend } from '../../backends/webgpu/index.ts';
import { referenceBackend } from '../../reference/backend.ts';
import { defaultVideo, farthest, loadDefaultModel } from '../backend/default-video.ts';

it('makes the video of the readable backend, with few submits and uploads', async () => {
  const expected = await defaultVideo(await loadDefaultModel(referenceBackend()));
  const b = await webgpuBackend();
  const model = await loadDefaultModel(b);
  const start = b.counts;
  const steps = [start];
  const first = await defaultVideo(model, () => steps.push(b.counts));
  const end = b.counts;
  expect(first.bits).toBe(expected.bits);
  expect(farthest(first, expected)).toBeLessThanOrEqual(1); // of 255: rounding

  for (const [i, { submits }] of steps.slice(2).entries()) expect(submits - steps[i + 1].submits).toBeLessThanOrEqual(2);
  const sampled = steps.at(-1)!;
  expect(end.submits - sampled.submits).toBeLessThanOrEqual(end.reads - sampled.reads); // none besides reads
  const uploaded = end.uploadedBytes + end.parameterBytes - start.uploadedBytes - start.parameterBytes;
  expect(uploaded).toBeLessThan(2e6);
  expect(end.readBytes - start.readBytes - 4 * first.frames.length).toBeLessThan(2e6);

  const again = await defaultVideo(model);
  expect(again.bits).toBe(first.bits);
  expect(b.counts.compilations).toBe(end.compilations);
  process.stdout.write(`webgpu (${b.adapter}): ${end.launches - start.launches} launches in ${end.submits - start.submits} submits, `
    + `${end.reads - start.reads} reads; ${end.compilations} pipelines; ${uploaded} bytes up, ${end.readBytes - start.readBytes} down\n`);
  await b.close();
}, 1_800_000);
