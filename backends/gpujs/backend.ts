/**
 * The gpu.js backend: whole generations on a GPU, in Node and in browsers, and on processors through the same kernels.
 *
 * Operations enqueue kernels (device.ts); arrays stay on the device from upload to read. All arithmetic is float32.
 */

import type { HostTensor, Shape } from '../../src/array/host.ts';
import { hostTensor, rowMajor } from '../../src/array/host.ts';
import type { StoredValues } from '../../src/array/stored.ts';
import { widened } from '../../src/array/stored.ts';
import type { Backend, MapFunction, MatmulOptions, ResizeMode, Tensor } from '../../src/backend/backend.ts';
import * as composed from '../../src/backend/composed-gradients.ts';
import { Scope } from '../../src/backend/ownership.ts';
import {
  concatShape, expandShape, permuteShape, reshapeShape, resizeGradientShape, resizeShape, sliceShape, takeShape,
} from '../../src/backend/shapes-move.ts';
import {
  broadcastShape, conv3dShape, conv3dWeightGradientShape, gradientShape, l2NormalizeShape, matmulShape, rmsNormShape, rotaryShape,
  softmaxShape, sumShape,
} from '../../src/backend/shapes.ts';
import { Constants } from './constants.ts';
import type { Resizing } from './constants.ts';
import type { Counts, GpuDevice, Storage } from './device.ts';
import { AFFINE, MAP } from './kernels.generated.ts';
import { MAPS } from './kernels/elementwise.ts';
import type { Binary } from './kernels/elementwise.ts';
import { Launcher } from './launcher.ts';
import type { GpuMode } from './modes.ts';
import * as operations from './operations.ts';
import type { View } from './operations.ts';

export class GpujsBackend implements Backend {
  readonly name = 'gpujs';
  private readonly launcher: Launcher;

  constructor(
    private readonly device: GpuDevice,
    private readonly tensors: Scope<Storage> = Scope.root(device),
    private readonly constants = new Constants(device),
  ) {
    this.launcher = new Launcher(device, tensors.path);
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

  upload(values: StoredValues): Tensor {
    return this.own([...values.shape], this.launcher.upload(rowMajor(widened(values)), values.shape));
  }

  async read(x: Tensor): Promise<HostTensor> {
    return hostTensor(await this.launcher.read(this.tensors.storageOf(x), x.shape), x.shape);
  }

  scope<T>(stage: string, body: (b: Backend) => Promise<T>): Promise<T> {
    return this.tensors.run(stage, (inner) => body(new GpujsBackend(this.device, inner, this.constants)));
  }

  free(value: unknown): void {
    this.tensors.free(value);
  }

  matmul(a: Tensor, b: Tensor, options: MatmulOptions = {}): Tensor {
    const shape = matmulShape(a, b, options);
    const bias = options.bias === undefined ? this.constants.zero : this.view(options.bias);
    return this.own(shape, operations.matmul(this.launcher, shape, this.view(a), this.view(b), options, bias));
  }

  conv3d(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
    const shape = conv3dShape(x, weight, bias);
    const added = bias === undefined ? this.constants.zero : this.view(bias);
    return this.own(shape, operations.conv3d(this.launcher, shape, this.view(x), this.view(weight), added, bias !== undefined));
  }

  softmax(x: Tensor): Tensor {
    return this.own(softmaxShape(x), operations.softmax(this.launcher, this.view(x)));
  }

  add(a: Tensor, b: Tensor): Tensor {
    return this.binary('add', a, b);
  }

  sub(a: Tensor, b: Tensor): Tensor {
    return this.binary('sub', a, b);
  }

  mul(a: Tensor, b: Tensor): Tensor {
    return this.binary('mul', a, b);
  }

  div(a: Tensor, b: Tensor): Tensor {
    return this.binary('div', a, b);
  }

  affine(x: Tensor, scale: number, shift = 0): Tensor {
    return this.own(x.shape, this.launcher.run(AFFINE, x.shape, [this.view(x).storage], [scale, shift]));
  }

  map(f: MapFunction, x: Tensor): Tensor {
    return this.own(x.shape, this.launcher.run(MAP, x.shape, [this.view(x).storage], [MAPS[f]]));
  }

  /** Axis by axis. */
  sum(x: Tensor, axes: readonly number[]): Tensor {
    sumShape(x, axes);
    return this.byAxis(x, axes, (from, axis) => operations.sumAxis(this.launcher, from, axis), () => 1);
  }

  rmsNorm(x: Tensor, weight: Tensor, epsilon: number): Tensor {
    return this.own(rmsNormShape(x, weight), operations.rmsNorm(this.launcher, this.view(x), this.view(weight), epsilon));
  }

  l2Normalize(x: Tensor, axis: number, gain?: Tensor): Tensor {
    const shape = l2NormalizeShape(x, axis, gain);
    const gains = gain === undefined ? this.constants.one : this.view(gain);
    return this.own(shape, operations.l2Normalize(this.launcher, this.view(x), axis, gains, gain !== undefined));
  }

  /** Shares the array: nothing changes it after a kernel has filled it. */
  reshape(x: Tensor, shape: Shape): Tensor {
    return this.own(reshapeShape(x, shape), this.launcher.share(this.view(x).storage));
  }

  permute(x: Tensor, axes: readonly number[]): Tensor {
    const shape = permuteShape(x, axes);
    return this.own(shape, operations.permute(this.launcher, shape, this.view(x), axes));
  }

  concat(xs: readonly Tensor[], axis: number): Tensor {
    const shape = concatShape(xs, axis);
    return this.own(shape, operations.concat(this.launcher, xs.map((x) => this.view(x)), axis));
  }

  slice(x: Tensor, axis: number, start: number, end: number): Tensor {
    const shape = sliceShape(x, axis, start, end);
    return this.own(shape, operations.slice(this.launcher, shape, this.view(x), axis, start));
  }

  expand(x: Tensor, shape: Shape): Tensor {
    const wanted = expandShape(x, shape);
    return this.own(wanted, operations.expand(this.launcher, wanted, this.view(x)));
  }

  take(x: Tensor, rows: Int32Array): Tensor {
    const shape = takeShape(x, rows);
    return this.own(shape, operations.take(this.launcher, shape, this.view(x), rows));
  }

  resize(x: Tensor, size: readonly [number, number, number], mode: ResizeMode): Tensor {
    return this.resample(x, resizeShape(x, size), 'resize', mode);
  }

  rotary(x: Tensor, rope: Tensor): Tensor {
    return this.own(rotaryShape(x, rope), operations.rotary(this.launcher, this.view(x), this.view(rope)));
  }

  conv3dWeightGradient(x: Tensor, gradient: Tensor, kernel: readonly [number, number, number]): Tensor {
    const shape = conv3dWeightGradientShape(x, gradient, kernel);
    return this.own(shape, operations.conv3dWeightGradient(this.launcher, shape, this.view(x), this.view(gradient)));
  }

  mapGradient(f: MapFunction, x: Tensor, gradient: Tensor): Tensor {
    gradientShape('mapGradient', x, gradient);
    return composed.mapGradient(this, f, x, gradient);
  }

  l2NormalizeGradient(x: Tensor, gradient: Tensor, axis: number, gain?: Tensor): Tensor {
    gradientShape('l2NormalizeGradient', x, gradient);
    return composed.l2NormalizeGradient(this, x, gradient, axis, gain);
  }

  l2NormalizeGainGradient(x: Tensor, gradient: Tensor, axis: number): Tensor {
    gradientShape('l2NormalizeGainGradient', x, gradient);
    return composed.l2NormalizeGainGradient(this, x, gradient, axis);
  }

  resizeGradient(gradient: Tensor, size: readonly [number, number, number], mode: ResizeMode): Tensor {
    return this.resample(gradient, resizeGradientShape(gradient, size), 'resizeGradient', mode);
  }

  private binary(operation: Binary, a: Tensor, b: Tensor): Tensor {
    const shape = broadcastShape(operation, a, b);
    return this.own(shape, operations.binary(this.launcher, operation, shape, this.view(a), this.view(b)));
  }

  /** Along one axis after the other. */
  private resample(x: Tensor, shape: Shape, direction: Resizing, mode: ResizeMode): Tensor {
    const axes = [2, 3, 4].filter((axis) => shape[axis] !== x.shape[axis]);
    return this.byAxis(x, axes, (from, axis) => {
      const { storage, columns } = this.constants.table(direction, mode, from.shape[axis], shape[axis]);
      return operations.resample(this.launcher, from.shape.with(axis, shape[axis]), from, axis, storage, columns);
    }, (axis) => shape[axis]);
  }

  /** Applies `step` along one axis after the other; `extent` is that of the axis afterwards. */
  private byAxis(
    x: Tensor, axes: readonly number[], step: (from: View, axis: number) => Storage, extent: (axis: number) => number,
  ): Tensor {
    const start = this.view(x);
    let current: View = { shape: start.shape, storage: this.launcher.share(start.storage) };
    for (const axis of axes) {
      const storage = step(current, axis);
      this.launcher.release(current.storage);
      current = { shape: current.shape.with(axis, extent(axis)), storage };
    }
    return this.own(current.shape, current.storage);
  }

  private view(x: Tensor): View {
    return { shape: x.shape, storage: this.tensors.storageOf(x) };
  }

  private own(shape: Shape, storage: Storage): Tensor {
    return this.tensors.own(shape, storage);
  }
}
