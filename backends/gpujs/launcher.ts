/** The device as one stage of the computation uses it: the stage's name goes with every array, for errors. */

import type { Shape } from '../../src/array/host.ts';
import type { GpuDevice, Storage } from './device.ts';
import type { Kernel } from './kernels/kernel.ts';

export class Launcher {
  /** @param stage names of the stages around, joined by '/'; '' outside of all. */
  constructor(
    private readonly device: GpuDevice,
    private readonly stage: string,
  ) {}

  upload(values: Float32Array, shape: Shape): Storage {
    return this.device.upload(values, shape, this.stage);
  }

  read(storage: Storage, shape: Shape): Promise<Float32Array> {
    return this.device.read(storage, shape, this.stage);
  }

  /** Runs a kernel for every element of `shape`; arguments in the order of its parameters, without the size. */
  run(kernel: Kernel, shape: Shape, tensors: readonly Storage[], numbers: readonly number[]): Storage {
    return this.device.run(kernel, shape, tensors, numbers, this.stage);
  }

  share(storage: Storage): Storage {
    return this.device.share(storage);
  }

  release(storage: Storage): void {
    this.device.release(storage);
  }
}
