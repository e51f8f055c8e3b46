/** Where a WebGPU device spends a generation's time, by kernel and by its own clock; nothing where it has no timestamps. */

import type { WebgpuBackend } from '../backends/webgpu/index.ts';
import { webgpuBackend } from '../backends/webgpu/index.ts';
import type { Backend } from '../src/backend/backend.ts';
import { settled } from './generation.ts';
import { decode, makeModel, requestFor, sample } from './models.ts';
import type { Share } from './profile.ts';
import { SIZES } from './sizes.ts';
import type { SizeName } from './sizes.ts';

export interface KernelTimes {
  readonly sampling: readonly Share[];
  readonly decoding: readonly Share[];
}

/** Of a second video: the first one compiles. */
export async function kernelTimes(size: SizeName): Promise<KernelTimes> {
  const b = await webgpuBackend({ timed: true });
  const config = SIZES[size];
  const model = makeModel(b, config);
  const run = (): Promise<KernelTimes> => b.scope('generate', async (inner) => {
    const start = sharesOf(b);
    const codes = await sample(inner, model, requestFor(config, config.schedule.video_frames));
    const between = await settledShares(inner, b);
    await decode(inner, model, codes);
    return { sampling: since(start, between), decoding: since(between, await settledShares(inner, b)) };
  });
  if (b.times !== undefined) await run();
  const times = await run();
  await b.close();
  return times;
}

async function settledShares(inner: Backend, b: WebgpuBackend): Promise<Share[]> {
  await settled(inner);
  return sharesOf(b);
}

function sharesOf(b: WebgpuBackend): Share[] {
  return [...(b.times ?? [])].map(([operation, { launches, seconds }]) => ({ operation, calls: launches, seconds }));
}

function since(before: readonly Share[], after: readonly Share[]): Share[] {
  return after.map(({ operation, calls, seconds }): Share => {
    const earlier = before.find((share) => share.operation === operation) ?? { calls: 0, seconds: 0 };
    return { operation, calls: calls - earlier.calls, seconds: seconds - earlier.seconds };
  }).filter(({ calls }) => calls > 0).sort((a, b) => b.seconds - a.seconds);
}
