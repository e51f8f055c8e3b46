/**
 * The model that ships, a 17-frame video by every mode of gpu.js that runs in Node here: the bits of the readable backend,
 * no compilation after the first run, and little but the frames moved. Software WebGPU takes many minutes: `WHOLE=1`.
 */

import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { chooseMode } from '../../backends/gpujs/choose.ts';
import { gpujsBackend } from '../../backends/gpujs/index.ts';
import { referenceBackend } from '../../reference/backend.ts';
import { loadModel } from '../../src/model/load.ts';
import type { Model } from '../../src/model/load.ts';
import { generateVideo } from '../../src/pipeline/generate.ts';

const directory = 'fixtures/models/toy';
const modes = process.env['WHOLE'] === '1' ? [...new Set(['webasm' as const, (await chooseMode('auto')).mode])] : ['webasm' as const];

/** A hash of all sampled bits, and the frames. */
async function generate(model: Model): Promise<{ bits: string; frames: Uint8Array }> {
  const hash = createHash('sha256');
  const { frames } = await generateVideo(model, {
    prompt: 'a red circle moving right on a white background', frames: 17, seed: 3, onStep: (step) => void hash.update(step.bits.data),
  });
  return { bits: hash.digest('hex'), frames: Uint8Array.from(frames.data) };
}

describe.each(modes)('the default model by %s', (mode) => {
  it('makes the video of the readable backend', async () => {
    const expected = await generate(await loadModel(directory, referenceBackend()));
    const b = await gpujsBackend({ gpu: mode });
    const model = await loadModel(directory, b);
    const first = await generate(model);
    expect(first.bits).toBe(expected.bits);
    const farthest = expected.frames.reduce((most, value, i) => Math.max(most, Math.abs(value - first.frames[i])), 0);
    expect(farthest).toBeLessThanOrEqual(1); // of 255: rounding

    const { compilations, uploadedBytes, readBytes } = b.counts;
    const again = await generate(model);
    const { counts } = b;
    process.stdout.write(`${mode}: ${compilations} compilations at first, ${counts.compilations - compilations} later; `
      + `${counts.uploadedBytes - uploadedBytes} bytes up, ${counts.readBytes - readBytes} down\n`);
    expect(again.bits).toBe(first.bits);
    expect(counts.compilations).toBe(compilations);
    expect(counts.uploadedBytes - uploadedBytes + counts.readBytes - readBytes).toBeLessThan(2e6 + 4 * first.frames.length);
    await b.close();
  }, 7_200_000);
});
