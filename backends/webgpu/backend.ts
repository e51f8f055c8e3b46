/** The WebGPU backend: kernels written for GPUs, in browsers and in Node. All arithmetic is float32. */

import { Scope } from '../../src/backend/ownership.ts';
import { TableBackend } from '../../src/backend/table-backend.ts';
import type { Counts } from './batches.ts';
import type { WebgpuDevice } from './device.ts';
import type { Storage } from './values.ts';
import { WebgpuOperations } from './operations.ts';
import { Stage } from './stage.ts';
import type { KernelTime } from './timestamps.ts';
import { Tables } from './tables.ts';

export class WebgpuBackend extends TableBackend<Storage> {
  readonly name = 'webgpu';

  constructor(
    private readonly device: WebgpuDevice,
    tensors: Scope<Storage> = Scope.root(device),
    private readonly tables: Tables = new Tables(device),
  ) {
    super(tensors, new WebgpuOperations(new Stage(device, tables, tensors.path)));
  }

  /** The adapter's name. */
  get adapter(): string {
    return this.device.adapter;
  }

  get largest(): number {
    return this.device.most;
  }

  /** What has happened on the device so far: submits, launches, compilations, bytes moved and held. */
  get counts(): Counts {
    return { ...this.device.counts };
  }

  /** What launches have taken on the device, by kernel; undefined where they are not timed. */
  get times(): ReadonlyMap<string, KernelTime> | undefined {
    return this.device.times;
  }

  close(): Promise<void> {
    return this.device.close();
  }

  protected within(tensors: Scope<Storage>): WebgpuBackend {
    return new WebgpuBackend(this.device, tensors, this.tables);
  }
}
