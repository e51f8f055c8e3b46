/** The operations of the interface on gpu.js: those of operations.ts as the table that a backend is. */

import type { HostTensor, Shape } from '../../src/array/host.ts';
import { hostTensor, rowMajor } from '../../src/array/host.ts';
import type { StoredValues } from '../../src/array/stored.ts';
import { widened } from '../../src/array/stored.ts';
import type { MapFunction, MatmulOptions, ResizeMode } from '../../src/backend/backend.ts';
import type { Binary, Operations, Resizing } from '../../src/backend/table-backend.ts';
import type { Constants } from './constants.ts';
import type { Storage } from './device.ts';
import { AFFINE, MAP } from './kernels.generated.ts';
import { MAPS } from './kernels/elementwise.ts';
import type { Launcher } from './launcher.ts';
import * as operations from './operations.ts';
import type { View } from './operations.ts';

/** Gradients of norms and of functions of one variable are made of the other operations. */
export class GpujsOperations implements Operations<Storage> {
  constructor(
    private readonly launcher: Launcher,
    private readonly constants: Constants,
  ) {}

  upload(shape: Shape, values: StoredValues): Storage {
    return this.launcher.upload(rowMajor(widened(values)), shape);
  }

  async read({ storage, shape }: View): Promise<HostTensor> {
    return hostTensor(await this.launcher.read(storage, shape), shape);
  }

  share({ storage }: View): Storage {
    return this.launcher.share(storage);
  }

  matmul(shape: Shape, a: View, b: View, options: MatmulOptions, bias = this.constants.zero): Storage {
    return operations.matmul(this.launcher, shape, a, b, options, bias);
  }

  conv3d(shape: Shape, x: View, weight: View, bias: View | undefined): Storage {
    return operations.conv3d(this.launcher, shape, x, weight, bias ?? this.constants.zero, bias !== undefined);
  }

  softmax(x: View): Storage {
    return operations.softmax(this.launcher, x);
  }

  binary(operation: Binary, shape: Shape, a: View, b: View): Storage {
    return operations.binary(this.launcher, operation, shape, a, b);
  }

  affine(x: View, scale: number, shift: number): Storage {
    return this.launcher.run(AFFINE, x.shape, [x.storage], [scale, shift]);
  }

  map(f: MapFunction, x: View): Storage {
    return this.launcher.run(MAP, x.shape, [x.storage], [MAPS[f]]);
  }

  /** Axis by axis. */
  sum(_shape: Shape, x: View, axes: readonly number[]): Storage {
    return this.byAxis(x, axes, (current, axis) => operations.sumAxis(this.launcher, current, axis), () => 1);
  }

  rmsNorm(x: View, weight: View, epsilon: number): Storage {
    return operations.rmsNorm(this.launcher, x, weight, epsilon);
  }

  l2Normalize(x: View, axis: number, gain: View | undefined): Storage {
    return operations.l2Normalize(this.launcher, x, axis, gain ?? this.constants.one, gain !== undefined);
  }

  permute(shape: Shape, x: View, axes: readonly number[]): Storage {
    return operations.permute(this.launcher, shape, x, axes);
  }

  concat(_shape: Shape, xs: readonly View[], axis: number): Storage {
    return operations.concat(this.launcher, xs, axis);
  }

  slice(shape: Shape, x: View, axis: number, start: number): Storage {
    return operations.slice(this.launcher, shape, x, axis, start);
  }

  expand(shape: Shape, x: View): Storage {
    return operations.expand(this.launcher, shape, x);
  }

  take(shape: Shape, x: View, rows: Int32Array): Storage {
    return operations.take(this.launcher, shape, x, rows);
  }

  /** Along one axis after the other. */
  resize(direction: Resizing, shape: Shape, x: View, mode: ResizeMode): Storage {
    const axes = [2, 3, 4].filter((axis) => shape[axis] !== x.shape[axis]);
    return this.byAxis(x, axes, (current, axis) => {
      const { storage, columns } = this.constants.resizings.table(direction, mode, current.shape[axis], shape[axis]);
      return operations.resample(this.launcher, current.shape.with(axis, shape[axis]), current, axis, storage, columns);
    }, (axis) => shape[axis]);
  }

  rotary(x: View, rope: View): Storage {
    return operations.rotary(this.launcher, x, rope);
  }

  conv3dWeightGradient(shape: Shape, x: View, gradient: View): Storage {
    return operations.conv3dWeightGradient(this.launcher, shape, x, gradient);
  }

  /** Applies `step` along one axis after the other; `extent` is that of the axis afterwards. */
  private byAxis(
    x: View, axes: readonly number[], step: (current: View, axis: number) => Storage, extent: (axis: number) => number,
  ): Storage {
    let current: View = { shape: x.shape, storage: this.launcher.share(x.storage) };
    for (const axis of axes) {
      const storage = step(current, axis);
      this.launcher.release(current.storage);
      current = { shape: current.shape.with(axis, extent(axis)), storage };
    }
    return current.storage;
  }
}
