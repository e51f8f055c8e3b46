/**
 * What a generation on WebGPU takes of the host outside of its driver: the model's code, checks, encoding, the drawing of bits.
 * Timed on a device that does nothing, for beside a real one the package `webgpu` keeps the event loop busy while it waits.
 */

import { median } from './measure.ts';
import { decode, makeModel, requestFor, sample } from './models.ts';
import { nullWebgpu } from './null-device.ts';
import { SIZES } from './sizes.ts';
import type { SizeName } from './sizes.ts';

/** Seconds of the processor, of one video. */
export interface HostTime {
  readonly sampling: number;
  readonly decoding: number;
}

/** Videos that are timed, and before them some that warm up. */
const [RUNS, WARM] = [5, 3];

export async function hostTime(size: SizeName): Promise<HostTime> {
  const b = nullWebgpu();
  const config = SIZES[size];
  const model = makeModel(b, config);
  const request = requestFor(config, config.schedule.video_frames);
  const [sampling, decoding]: [number[], number[]] = [[], []];
  for (let run = -WARM; run < RUNS; run++) {
    await b.scope('generate', async (b) => {
      const start = process.cpuUsage();
      const codes = await sample(b, model, request);
      const sampled = processorSince(start);
      await decode(b, model, codes);
      if (run < 0) return;
      sampling.push(sampled);
      decoding.push(processorSince(start) - sampled);
    });
  }
  await b.close();
  return { sampling: median(sampling), decoding: median(decoding) };
}

function processorSince(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}
