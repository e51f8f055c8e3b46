/**
 * A backend as a table of operations: arguments are checked, their places looked up and results given to their scopes here,
 * once, so that a backend is its storage, its kernels and its queue.
 */

import type { HostTensor, Shape } from '../array/host.ts';
import type { StoredValues } from '../array/stored.ts';
import type { Backend, MapFunction, MatmulOptions, ResizeMode, Tensor } from './backend.ts';
import * as composed from './composed-gradients.ts';
import type { Scope } from './ownership.ts';
import {
  concatShape, expandShape, permuteShape, reshapeShape, resizeGradientShape, resizeShape, sliceShape, takeShape,
} from './shapes-move.ts';
import {
  attentionShape, broadcastShape, conv3dShape, conv3dWeightGradientShape, gradientShape, l2NormalizeShape, matmulShape,
  rmsNormShape, rotaryShape, softmaxShape, sumShape,
} from './shapes.ts';

export type Binary = 'add' | 'sub' | 'mul' | 'div';

export type Resizing = 'resize' | 'resizeGradient';

/** A tensor where the backend computes. */
export interface View<Storage> {
  readonly shape: Shape;
  readonly storage: Storage;
}

/** The operations of one stage: arguments fit, `shape` is that of the result. Absent gradients are made of the others. */
export interface Operations<Storage, V = View<Storage>> {
  upload(shape: Shape, values: StoredValues): Storage;
  read(x: V): Promise<HostTensor>;
  /** The same values for one more tensor. */
  share(x: V): Storage;
  matmul(shape: Shape, a: V, b: V, options: MatmulOptions, bias: V | undefined): Storage;
  conv3d(shape: Shape, x: V, weight: V, bias: V | undefined): Storage;
  softmax(x: V): Storage;
  /** undefined where it is to be made of the others. */
  attention?(q: V, k: V, v: V, mask: V | undefined): Storage | undefined;
  binary(operation: Binary, shape: Shape, a: V, b: V): Storage;
  affine(x: V, scale: number, shift: number): Storage;
  map(f: MapFunction, x: V): Storage;
  sum(shape: Shape, x: V, axes: readonly number[]): Storage;
  rmsNorm(x: V, weight: V, epsilon: number): Storage;
  l2Normalize(x: V, axis: number, gain: V | undefined): Storage;
  permute(shape: Shape, x: V, axes: readonly number[]): Storage;
  concat(shape: Shape, xs: readonly V[], axis: number): Storage;
  slice(shape: Shape, x: V, axis: number, start: number): Storage;
  expand(shape: Shape, x: V): Storage;
  take(shape: Shape, x: V, rows: Int32Array): Storage;
  resize(direction: Resizing, shape: Shape, x: V, mode: ResizeMode): Storage;
  rotary(x: V, rope: V): Storage;
  conv3dWeightGradient(shape: Shape, x: V, gradient: V): Storage;
  mapGradient?(f: MapFunction, x: V, gradient: V): Storage;
  l2NormalizeGradient?(x: V, gradient: V, axis: number, gain: V | undefined): Storage;
}

export abstract class TableBackend<Storage> implements Backend {
  abstract readonly name: string;

  constructor(
    protected readonly tensors: Scope<Storage>,
    private readonly table: Operations<Storage>,
  ) {}

  abstract close(): Promise<void>;

  /** The same backend in a stage. */
  protected abstract within(tensors: Scope<Storage>): Backend;

  upload(values: StoredValues): Tensor {
    const shape = [...values.shape];
    return this.own(shape, this.table.upload(shape, values));
  }

  async read(x: Tensor): Promise<HostTensor> {
    return this.table.read(this.view(x));
  }

  scope<T>(stage: string, body: (b: Backend) => Promise<T>): Promise<T> {
    return this.tensors.run(stage, (inner) => body(this.within(inner)));
  }

  free(value: unknown): void {
    this.tensors.free(value);
  }

  matmul(a: Tensor, b: Tensor, options: MatmulOptions = {}): Tensor {
    const shape = matmulShape(a, b, options);
    return this.own(shape, this.table.matmul(shape, this.view(a), this.view(b), options, this.maybe(options.bias)));
  }

  conv3d(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
    const shape = conv3dShape(x, weight, bias);
    return this.own(shape, this.table.conv3d(shape, this.view(x), this.view(weight), this.maybe(bias)));
  }

  softmax(x: Tensor): Tensor {
    return this.own(softmaxShape(x), this.table.softmax(this.view(x)));
  }

  attention(q: Tensor, k: Tensor, v: Tensor, mask?: Tensor): Tensor | undefined {
    if (this.table.attention === undefined) return undefined;
    const shape = attentionShape(q, k, v, mask);
    const storage = this.table.attention(this.view(q), this.view(k), this.view(v), this.maybe(mask));
    return storage === undefined ? undefined : this.own(shape, storage);
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
    return this.own(x.shape, this.table.affine(this.view(x), scale, shift));
  }

  map(f: MapFunction, x: Tensor): Tensor {
    return this.own(x.shape, this.table.map(f, this.view(x)));
  }

  sum(x: Tensor, axes: readonly number[]): Tensor {
    const shape = sumShape(x, axes);
    return this.own(shape, this.table.sum(shape, this.view(x), axes));
  }

  rmsNorm(x: Tensor, weight: Tensor, epsilon: number): Tensor {
    return this.own(rmsNormShape(x, weight), this.table.rmsNorm(this.view(x), this.view(weight), epsilon));
  }

  l2Normalize(x: Tensor, axis: number, gain?: Tensor): Tensor {
    return this.own(l2NormalizeShape(x, axis, gain), this.table.l2Normalize(this.view(x), axis, this.maybe(gain)));
  }

  reshape(x: Tensor, shape: Shape): Tensor {
    return this.own(reshapeShape(x, shape), this.table.share(this.view(x)));
  }

  permute(x: Tensor, axes: readonly number[]): Tensor {
    const shape = permuteShape(x, axes);
    return this.own(shape, this.table.permute(shape, this.view(x), axes));
  }

  concat(xs: readonly Tensor[], axis: number): Tensor {
    const shape = concatShape(xs, axis);
    return this.own(shape, this.table.concat(shape, xs.map((x) => this.view(x)), axis));
  }

  slice(x: Tensor, axis: number, start: number, end: number): Tensor {
    const shape = sliceShape(x, axis, start, end);
    return this.own(shape, this.table.slice(shape, this.view(x), axis, start));
  }

  expand(x: Tensor, shape: Shape): Tensor {
    const wanted = expandShape(x, shape);
    return this.own(wanted, this.table.expand(wanted, this.view(x)));
  }

  take(x: Tensor, rows: Int32Array): Tensor {
    const shape = takeShape(x, rows);
    return this.own(shape, this.table.take(shape, this.view(x), rows));
  }

  resize(x: Tensor, size: readonly [number, number, number], mode: ResizeMode): Tensor {
    const shape = resizeShape(x, size);
    return this.own(shape, this.table.resize('resize', shape, this.view(x), mode));
  }

  rotary(x: Tensor, rope: Tensor): Tensor {
    return this.own(rotaryShape(x, rope), this.table.rotary(this.view(x), this.view(rope)));
  }

  conv3dWeightGradient(x: Tensor, gradient: Tensor, kernel: readonly [number, number, number]): Tensor {
    const shape = conv3dWeightGradientShape(x, gradient, kernel);
    return this.own(shape, this.table.conv3dWeightGradient(shape, this.view(x), this.view(gradient)));
  }

  mapGradient(f: MapFunction, x: Tensor, gradient: Tensor): Tensor {
    const shape = gradientShape('mapGradient', x, gradient);
    if (this.table.mapGradient === undefined) return composed.mapGradient(this, f, x, gradient);
    return this.own(shape, this.table.mapGradient(f, this.view(x), this.view(gradient)));
  }

  l2NormalizeGradient(x: Tensor, gradient: Tensor, axis: number, gain?: Tensor): Tensor {
    l2NormalizeShape(x, axis, gain);
    const shape = gradientShape('l2NormalizeGradient', x, gradient);
    if (this.table.l2NormalizeGradient === undefined) return composed.l2NormalizeGradient(this, x, gradient, axis, gain);
    return this.own(shape, this.table.l2NormalizeGradient(this.view(x), this.view(gradient), axis, this.maybe(gain)));
  }

  l2NormalizeGainGradient(x: Tensor, gradient: Tensor, axis: number): Tensor {
    gradientShape('l2NormalizeGainGradient', x, gradient);
    return composed.l2NormalizeGainGradient(this, x, gradient, axis);
  }

  resizeGradient(gradient: Tensor, size: readonly [number, number, number], mode: ResizeMode): Tensor {
    const shape = resizeGradientShape(gradient, size);
    return this.own(shape, this.table.resize('resizeGradient', shape, this.view(gradient), mode));
  }

  private binary(operation: Binary, a: Tensor, b: Tensor): Tensor {
    const shape = broadcastShape(operation, a, b);
    return this.own(shape, this.table.binary(operation, shape, this.view(a), this.view(b)));
  }

  private view(x: Tensor): View<Storage> {
    return { shape: x.shape, storage: this.tensors.storageOf(x) };
  }

  private maybe(x: Tensor | undefined): View<Storage> | undefined {
    return x === undefined ? undefined : this.view(x);
  }

  private own(shape: Shape, storage: Storage): Tensor {
    return this.tensors.own(shape, storage);
  }
}
