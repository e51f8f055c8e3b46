/**
 * The gpu.js backend: whole generations on a GPU, in Node and in browsers, and on processors through the same kernels.
 *
 * Operations enqueue kernels (device.ts); arrays stay on the device from upload to read. All arithmetic is float32.
 */

import { Scope } from '../../src/backend/ownership.ts';
import { TableBackend } from '../../src/backend/table-backend.ts';
import { Constants } from './constants.ts';
import type { Counts, GpuDevice, Storage } from './device.ts';
import { Launcher } from './launcher.ts';
import type { GpuMode } from './modes.ts';
import { GpujsOperations } from './table.ts';

export class GpujsBackend extends TableBackend<Storage> {
  readonly name = 'gpujs';

  constructor(
    private readonly device: GpuDevice,
    tensors: Scope<Storage> = Scope.root(device),
    private readonly constants = new Constants(device),
  ) {
    super(tensors, new GpujsOperations(new Launcher(device, tensors.path), constants));
  }

  /** What computes. */
  get mode(): GpuMode {
    return this.device.mode;
  }

  /** What has happened on the device so far: compilations, launches, bytes moved and held. */
  get counts(): Counts {
    return { ...this.device.counts };
  }

  close(): Promise<void> {
    return this.device.close();
  }

  protected within(tensors: Scope<Storage>): GpujsBackend {
    return new GpujsBackend(this.device, tensors, this.constants);
  }
}
