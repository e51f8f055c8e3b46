/**
 * In the page: a device of gpu.js that tests in Node use from outside (remote-device.ts), so that one suite serves
 * all. Bundled for the tests alone.
 */

import { chooseMode } from '../../backends/gpujs/choose.ts';
import { GpuDevice } from '../../backends/gpujs/device.ts';
import type { Counts, Storage } from '../../backends/gpujs/device.ts';
import type { Kernel } from '../../backends/gpujs/kernels/kernel.ts';
import type { GpuMode } from '../../backends/gpujs/modes.ts';
import { kernels } from './kernels.ts';
import type { Message } from './messages.ts';
import { decode, encode } from './messages.ts';

let device: GpuDevice;
const storages = new Map<number, Storage>();

export async function open(mode: GpuMode): Promise<void> {
  const { limit } = await chooseMode(mode);
  device = new GpuDevice(mode, limit);
}

export function counts(): Counts {
  return { ...device.counts };
}

/** Carries out the calls; the last one may be a read, whose values come back. */
export async function apply(messages: readonly Message[]): Promise<string | undefined> {
  let values: string | undefined;
  for (const message of messages) {
    const { id } = message;
    if (message.call === 'upload') storages.set(id, device.upload(decode(message.values), message.shape));
    else if (message.call === 'share') storages.set(id, device.share(known(message.from)));
    else if (message.call === 'read') values = encode(await device.read(known(id), message.shape));
    else if (message.call === 'release') {
      device.release(known(id));
      storages.delete(id);
    } else {
      const kernel = kernels[message.kernel] as Kernel;
      storages.set(id, device.run(kernel, message.shape, message.tensors.map(known), message.numbers));
    }
  }
  return values;
}

function known(id: number): Storage {
  return storages.get(id)!;
}
