/** The device as the operations of one stage use it: views in, storages out, the stage's name in every error. */

import type { Shape } from '../../src/array/host.ts';
import type { View as ViewOf } from '../../src/backend/table-backend.ts';
import type { MemoryError } from '../../src/errors.ts';
import type { Buffer } from './buffers.ts';
import type { WebgpuDevice } from './device.ts';
import type { Storage } from './values.ts';
import type { Constants, Kernel } from './kernels/kernel.ts';
import { GROUP } from './kernels/kernel.ts';
import type { RowGroup } from './kernels/row-groups.ts';
import { FORMATS, WIDEN } from './kernels/widen.ts';
import { partsOf } from './parts.ts';
import type { Part } from './parts.ts';
import type { Tables } from './tables.ts';
import type { What } from './what.ts';

export type View = ViewOf<Storage>;

export class Stage {
  constructor(
    readonly device: WebgpuDevice,
    readonly tables: Tables,
    private readonly path: string,
  ) {}

  what(operation: string, shape: Shape): What {
    return { operation, shape, stage: this.path };
  }

  make(operation: string, shape: Shape): View {
    return { shape, storage: this.device.make(this.what(operation, shape)) };
  }

  /** Adds a launch of so many groups; `numbers` are the words of the kernel's parameters, `work` its multiplications. */
  launch(
    kernel: Kernel, constants: Constants, inputs: readonly Buffer[], to: View, numbers: readonly number[], groups: number,
    work = 0,
  ): Storage {
    const { buffer } = to.storage.array.value;
    this.device.launch(kernel, constants, inputs, buffer, numbers, groups, work, this.what(kernel.name, to.shape));
    return to.storage;
  }

  /** A launch with one thread for each of `count` elements, the first of the parameters. */
  each(
    kernel: Kernel, constants: Constants, inputs: readonly View[], to: View, count: number, numbers: readonly number[] = [],
  ): Storage {
    return this.launch(kernel, constants, inputs.map((x) => this.buffer(x)), to, [count, ...numbers], Math.ceil(count / GROUP));
  }

  /** A launch of a kernel by rows (kernels/row-groups.ts): `numbers` follow rows, extent and inner. */
  rows(
    kernel: Kernel, inputs: readonly View[], to: View, [rows, extent, inner]: readonly [number, number, number],
    numbers: readonly number[] = [],
  ): Storage {
    const group = this.groupOf(rows, extent, inner);
    const buffers = inputs.map((x) => this.buffer(x));
    return this.launch(kernel, { ...group }, buffers, to, [rows, extent, inner, ...numbers], Math.ceil(rows / group.ROWS));
  }

  /**
   * The float32 values of a tensor; stored in 16 bits, they are widened for good.
   * @throws MemoryError for a matrix above the binding limit, which lies in parts.
   */
  buffer({ shape, storage }: View): Buffer {
    const { value } = storage.array;
    if (value.split !== undefined) throw this.tooLarge(shape, value.bytes);
    if (value.format === 'f32') return value.buffer;
    const wide = this.make('widen', shape);
    const { buffer } = wide.storage.array.value;
    const count = value.bytes / 2;
    this.launch(WIDEN, { FORMAT: FORMATS.indexOf(value.format) }, [value.buffer], wide, [count], Math.ceil(count / GROUP));
    this.device.adopt(storage, wide.storage);
    return buffer;
  }

  /** The stored values of a matrix, by parts. @throws MemoryError where they have another shape by now. */
  parts(x: View): Part[] {
    const parts = partsOf(x);
    if (parts === undefined) throw this.tooLarge(x.shape, x.storage.array.value.bytes);
    return parts;
  }

  private tooLarge(shape: Shape, bytes: number): MemoryError {
    const remedy = 'above that a matrix can only be multiplied by, and its rows taken: ask for a smaller model or 16-bit weights';
    return this.device.tooLarge(this.what('an operation on', shape), bytes, remedy);
  }

  /** Threads for rows: in software one a row, which then needs no others; see docs/webgpu.md. */
  private groupOf(rows: number, extent: number, inner: number): RowGroup {
    if (this.device.software && rows >= 64) return { ROWS: 16, LANES: 1 };
    if (inner > 1 && inner >= 16) return { ROWS: 32, LANES: rows < 4096 && extent >= 32 ? 8 : 2 };
    return { ROWS: 1, LANES: extent >= 1024 ? 256 : 64 };
  }
}
