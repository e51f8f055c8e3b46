/**
 * The model that ships, a 17-frame video by every mode of gpu.js that runs in Node here: the bits of the readable backend,
 * no compilation after the first run, and little but the frames moved. Software WebGPU takes many minutes: `WHOLE=1`.
 */

import { describe, expect, it } from 'vitest';
import { chooseMode } from '../../backends/gpujs/choose.ts';
import { gpujsBackend } from '../../backends/gpujs/index.ts';
import { referenceBackend } from '../../reference/backend.ts';
import { defaultVideo, farthest, loadDefaultModel } from '../backend/default-video.ts';

const modes = process.env['WHOLE'] === '1' ? [...new Set(['webasm' as const, (await chooseMode('auto')).mode])] : ['webasm' as const];

describe.each(modes)('the default model by %s', (mode) => {
  it('makes the video of the readable backend', async () => {
    const expected = await defaultVideo(await loadDefaultModel(referenceBackend()));
    const b = await gpujsBackend({ gpu: mode });
    const model = await loadDefaultModel(b);
    const first = await defaultVideo(model);
    expect(first.bits).toBe(expected.bits);
    expect(farthest(first, expected)).toBeLessThanOrEqual(1); // of 255: rounding

    const { compilations, uploadedBytes, readBytes } = b.counts;
    const again = await defaultVideo(model);
    const { counts } = b;
    process.stdout.write(`${mode}: ${compilations} compilations at first, ${counts.compilations - compilations} later; `
      + `${counts.uploadedBytes - uploadedBytes} bytes up, ${counts.readBytes - readBytes} down\n`);
    expect(again.bits).toBe(first.bits);
    expect(counts.compilations).toBe(compilations);
    expect(counts.uploadedBytes - uploadedBytes + counts.readBytes - readBytes).toBeLessThan(2e6 + 4 * first.frames.length);
    await b.close();
  }, 7_200_000);
});
