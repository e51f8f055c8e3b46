/**
 * The fast backend for processors: WebAssembly kernels of four lanes (kernels/), on all threads that pay.
 *
 * Operations run when they are called, where there is one thread; else they are queued, and workers do them while the
 * caller goes on, who helps when the queue is full or values are read. How work is cut depends on the shapes alone, so
 * results are the same to the bit for every number of threads.
 */

import type { HostTensor, Shape } from '../../src/array/host.ts';
import { hostTensor, rowMajor, sizeOf } from '../../src/array/host.ts';
import type { StoredValues } from '../../src/array/stored.ts';
import { isBlocks, isHalf, widened } from '../../src/array/stored.ts';
import type { Backend, MapFunction, MatmulOptions, ResizeMode, Tensor } from '../../src/backend/backend.ts';
import type { Scope } from '../../src/backend/ownership.ts';
import {
  concatShape, expandShape, permuteShape, reshapeShape, resizeGradientShape, resizeShape, sliceShape, takeShape,
} from '../../src/backend/shapes-move.ts';
import {
  broadcastShape, conv3dShape, conv3dWeightGradientShape, gradientShape, l2NormalizeShape, matmulShape, rmsNormShape, rotaryShape,
  softmaxShape, sumShape,
} from '../../src/backend/shapes.ts';
import { ShapeError } from '../../src/errors.ts';
import { conv3d } from './conv3d.ts';
import { conv3dWeightGradient } from './conv3d-weight.ts';
import type { Device, Format, Storage } from './device.ts';
import type { BinaryOperation } from './elementwise.ts';
import { affine, binary, map, mapGradient } from './elementwise.ts';
import { toPanels, toRows } from './formats.ts';
import { isLayer, matmul } from './matmul.ts';
import { concat, expand, permute, slice, take } from './move.ts';
import { resizeAxis, spreadAxis } from './resize.ts';
import {
  l2Normalize, l2NormalizeGainShares, l2NormalizeGradient, rmsNorm, rotary, softmax, stripsAround, sumAxis,
} from './rows.ts';
import { isQuantized, multiplyBlocks, storeBlocks } from './quantized.ts';
import type { View } from './strides.ts';
import { around } from './strides.ts';

export class WasmBackend implements Backend {
  readonly name = 'wasm';

  constructor(
    private readonly device: Device,
    private readonly tensors: Scope<Storage>,
  ) {}

  get capacity(): number {
    return this.device.capacity;
  }

  /** Matrices of 16 bits and of blocks stay so until something else than a linear layer or `take` uses them. */
  upload(values: StoredValues): Tensor {
    if (isBlocks(values)) return this.tensors.own([...values.shape], storeBlocks(this.device, values));
    if (isHalf(values)) {
      const { type, bits, shape } = values;
      if (shape.length !== 2) return this.upload(widened(values));
      return this.uploadStored(type, new Uint8Array(bits.buffer, bits.byteOffset, bits.byteLength), sizeOf(shape) * 2, shape);
    }
    return this.make([...values.shape], (y) => this.device.floats.set(rowMajor(values), y.address / 4));
  }

  async read(x: Tensor): Promise<HostTensor> {
    const start = this.view(x).address / 4;
    return hostTensor(new Float32Array(this.device.floats.subarray(start, start + sizeOf(x.shape))), x.shape);
  }

  scope<T>(stage: string, body: (b: Backend) => Promise<T>): Promise<T> {
    return this.tensors.run(stage, (inner) => body(new WasmBackend(this.device, inner)));
  }

  free(value: unknown): void {
    this.tensors.free(value);
  }

  /** Without it the worker threads end with the program. */
  close(): Promise<void> {
    return this.device.close();
  }

  /** Bytes that tensors hold now and held at most, and bytes of memory taken from the system. */
  get memory(): { readonly used: number; readonly peak: number; readonly reserved: number } {
    const { used, peak } = this.device.arena;
    return { used, peak, reserved: this.device.reserved };
  }

  matmul(a: Tensor, b: Tensor, options: MatmulOptions = {}): Tensor {
    const bias = options.bias && this.view(options.bias);
    const shape = matmulShape(a, b, options);
    const viewA = this.view(a);
    const viewB = a !== b && isLayer(options, b) ? this.layer(b) : this.view(b);
    const storage = this.tensors.storageOf(b);
    return this.make(shape, (y) => {
      if (isQuantized(storage.format)) multiplyBlocks(this.device, y, viewA, b.shape, bias, storage);
      else matmul(this.device, y, viewA, viewB, options, bias, storage);
    });
  }

  conv3d(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
    const views = [this.view(x), this.view(weight), bias && this.view(bias)] as const;
    return this.make(conv3dShape(x, weight, bias), (y) => conv3d(this.device, y, ...views, this.tensors.storageOf(weight)));
  }

  softmax(x: Tensor): Tensor {
    const view = this.view(x);
    return this.make(softmaxShape(x), (y) => softmax(this.device, y, view));
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
    const view = this.view(x);
    return this.make(x.shape, (y) => affine(this.device, y, view, scale, shift));
  }

  map(f: MapFunction, x: Tensor): Tensor {
    const view = this.view(x);
    return this.make(x.shape, (y) => map(this.device, y, view, f));
  }

  /** Axis by axis. */
  sum(x: Tensor, axes: readonly number[]): Tensor {
    const shape = sumShape(x, axes);
    return this.byAxis(x, shape, axes.toSorted((i, j) => j - i), (y, from, axis) => {
      sumAxis(this.device, y.address, from.address, ...around(from.shape, axis));
    });
  }

  rmsNorm(x: Tensor, weight: Tensor, epsilon: number): Tensor {
    const [view, weights] = [this.view(x), this.view(weight)];
    return this.make(rmsNormShape(x, weight), (y) => rmsNorm(this.device, y, view, weights, epsilon));
  }

  l2Normalize(x: Tensor, axis: number, gain?: Tensor): Tensor {
    const [view, gains] = [this.view(x), gain && this.view(gain)];
    return this.make(l2NormalizeShape(x, axis, gain), (y) => l2Normalize(this.device, y, view, axis, gains));
  }

  /** Shares the memory: nothing changes it after an operation has filled it. */
  reshape(x: Tensor, shape: Shape): Tensor {
    return this.share(x, reshapeShape(x, shape));
  }

  permute(x: Tensor, axes: readonly number[]): Tensor {
    const view = this.view(x);
    return this.make(permuteShape(x, axes), (y) => permute(this.device, y, view, axes));
  }

  concat(xs: readonly Tensor[], axis: number): Tensor {
    const views = xs.map((x) => this.view(x));
    return this.make(concatShape(xs, axis), (y) => concat(this.device, y, views, axis));
  }

  slice(x: Tensor, axis: number, start: number, end: number): Tensor {
    const view = this.view(x);
    return this.make(sliceShape(x, axis, start, end), (y) => slice(this.device, y, view, axis, start));
  }

  expand(x: Tensor, shape: Shape): Tensor {
    const view = this.view(x);
    return this.make(expandShape(x, shape), (y) => expand(this.device, y, view));
  }

  take(x: Tensor, rows: Int32Array): Tensor {
    const shape = takeShape(x, rows);
    const storage = this.tensors.storageOf(x);
    // Rows of a table are taken as they are stored; the table stays so.
    const view = storage.format === 'panels' || shape[1] % 4 !== 0 ? this.view(x) : { shape: x.shape, address: storage.block.address };
    return this.make(shape, (y) => take(this.device, y, view, rows, storage.format));
  }

  /** Axis by axis; the last one, along which vectors help least, while there is least to do. */
  resize(x: Tensor, size: readonly [number, number, number], mode: ResizeMode): Tensor {
    const shape = resizeShape(x, size);
    const order = mode === 'nearest' && shape[4] > x.shape[4] ? [4, 3, 2] : [2, 3, 4];
    const axes = order.filter((axis) => shape[axis] !== x.shape[axis]);
    return this.byAxis(x, shape, axes, (y, from, axis) => {
      resizeAxis(this.device, y.address, from.address, around(from.shape, axis), y.shape[axis], mode);
    });
  }

  rotary(x: Tensor, rope: Tensor): Tensor {
    const [view, angles] = [this.view(x), this.view(rope)];
    return this.make(rotaryShape(x, rope), (y) => rotary(this.device, y, view, angles));
  }

  conv3dWeightGradient(x: Tensor, gradient: Tensor, kernel: readonly [number, number, number]): Tensor {
    const [viewX, viewG] = [this.view(x), this.view(gradient)];
    return this.make(conv3dWeightGradientShape(x, gradient, kernel), (w) => conv3dWeightGradient(this.device, w, viewX, viewG));
  }

  mapGradient(f: MapFunction, x: Tensor, gradient: Tensor): Tensor {
    const [viewX, viewG] = [this.view(x), this.view(gradient)];
    return this.make(gradientShape('mapGradient', x, gradient), (to) => mapGradient(this.device, to, viewX, viewG, f));
  }

  l2NormalizeGradient(x: Tensor, gradient: Tensor, axis: number, gain?: Tensor): Tensor {
    l2NormalizeShape(x, axis, gain);
    const [viewX, viewG, gains] = [this.view(x), this.view(gradient), gain && this.view(gain)];
    return this.make(gradientShape('l2NormalizeGradient', x, gradient), (to) => {
      l2NormalizeGradient(this.device, to, viewX, viewG, axis, gains);
    });
  }

  l2NormalizeGainGradient(x: Tensor, gradient: Tensor, axis: number): Tensor {
    gradientShape('l2NormalizeGainGradient', x, gradient);
    const extent = l2NormalizeShape(x, axis)[axis];
    const [viewX, viewG, strips] = [this.view(x), this.view(gradient), stripsAround(x.shape, axis)];
    const shares = this.make([strips, extent], (to) => l2NormalizeGainShares(this.device, to, viewX, viewG, axis)); // (strips, n)
    const result = this.make([extent], (to) => sumAxis(this.device, to.address, this.view(shares).address, 1, strips, extent));
    this.tensors.free(shares);
    return result;
  }

  /** Axis by axis. */
  resizeGradient(gradient: Tensor, size: readonly [number, number, number], mode: ResizeMode): Tensor {
    const shape = resizeGradientShape(gradient, size);
    const axes = [4, 3, 2].filter((axis) => shape[axis] !== gradient.shape[axis]);
    return this.byAxis(gradient, shape, axes, (x, from, axis) => {
      spreadAxis(this.device, x.address, from.address, around(from.shape, axis), x.shape[axis], mode);
    });
  }

  private binary(operation: BinaryOperation, a: Tensor, b: Tensor): Tensor {
    const [viewA, viewB] = [this.view(a), this.view(b)];
    return this.make(broadcastShape(operation, a, b), (y) => binary(this.device, operation, y, viewA, viewB));
  }

  /** Brings x to `shape` along one axis after the other. */
  private byAxis(x: Tensor, shape: Shape, axes: readonly number[], step: (y: View, x: View, axis: number) => void): Tensor {
    let current = this.share(x, x.shape);
    for (const axis of axes) {
      const from = this.view(current);
      const next = this.make(from.shape.with(axis, shape[axis]), (y) => step(y, from, axis));
      this.tensors.free(current);
      current = next;
    }
    return current;
  }

  /** The place of float32 values, row by row: of another format, they are brought into this one for good. */
  private view(x: Tensor): View {
    const storage = this.tensors.storageOf(x);
    if (storage.format !== 'f32') toRows(this.device, storage, x.shape);
    return { shape: x.shape, address: storage.block.address };
  }

  /**
   * The matrix (N, K) of a linear layer, which stays in 16 bits or is brought into panels for good: layers run again and again.
   * Where panels would take more room, or another tensor shares the values, they stay row by row.
   */
  private layer(x: Tensor): View {
    const storage = this.tensors.storageOf(x);
    if (storage.format === 'f32' && storage.shared.tensors === 1 && x.shape[0] % 8 === 0) toPanels(this.device, storage, x.shape);
    return { shape: x.shape, address: storage.block.address };
  }

  private uploadStored(type: Format, bytes: Uint8Array, expected: number, shape: Shape): Tensor {
    if (bytes.length !== expected) throw new ShapeError(type, `${expected} bytes for shape [${shape.join(', ')}]`, `${bytes.length} bytes`);
    const storage = this.device.allocate(bytes.length, type);
    new Uint8Array(this.device.floats.buffer, storage.block.address, bytes.length).set(bytes);
    return this.tensors.own([...shape], storage);
  }

  /** A new tensor, filled. */
  private make(shape: Shape, fill: (y: View) => void): Tensor {
    const storage = this.device.allocate(sizeOf(shape) * 4);
    try {
      fill({ shape, address: storage.block.address });
    } catch (error) {
      this.device.release(storage);
      throw error;
    }
    return this.tensors.own(shape, storage);
  }

  private share(x: Tensor, shape: Shape): Tensor {
    this.view(x);
    return this.tensors.own(shape, this.device.share(this.tensors.storageOf(x)));
  }
}
