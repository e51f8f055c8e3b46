/** A backend that passes every call on to another: the base of wrappers, which override what they add to. */

import type { StoredValues } from '../array/stored.ts';
import type { HostTensor, Shape } from '../array/host.ts';
import type { Backend, MapFunction, MatmulOptions, ResizeMode, Tensor } from './backend.ts';

/** Its `scope` hands out the backend inside, bare: a wrapper that is to stay around it overrides that too. */
export class Forwarding implements Backend {
  readonly name: string;

  constructor(protected readonly inner: Backend) {
    this.name = inner.name;
  }

  get capacity(): number | undefined {
    return this.inner.capacity;
  }

  get largest(): number | undefined {
    return this.inner.largest;
  }

  upload(values: StoredValues): Tensor {
    return this.inner.upload(values);
  }

  read(x: Tensor): Promise<HostTensor> {
    return this.inner.read(x);
  }

  scope<T>(stage: string, body: (b: Backend) => Promise<T>): Promise<T> {
    return this.inner.scope(stage, body);
  }

  free(value: unknown): void {
    this.inner.free(value);
  }

  close(): Promise<void> {
    return this.inner.close();
  }

  matmul(a: Tensor, b: Tensor, options?: MatmulOptions): Tensor {
    return this.inner.matmul(a, b, options);
  }

  conv3d(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
    return this.inner.conv3d(x, weight, bias);
  }

  softmax(x: Tensor): Tensor {
    return this.inner.softmax(x);
  }

  add(a: Tensor, b: Tensor): Tensor {
    return this.inner.add(a, b);
  }

  sub(a: Tensor, b: Tensor): Tensor {
    return this.inner.sub(a, b);
  }

  mul(a: Tensor, b: Tensor): Tensor {
    return this.inner.mul(a, b);
  }

  div(a: Tensor, b: Tensor): Tensor {
    return this.inner.div(a, b);
  }

  affine(x: Tensor, scale: number, shift?: number): Tensor {
    return this.inner.affine(x, scale, shift);
  }

  map(f: MapFunction, x: Tensor): Tensor {
    return this.inner.map(f, x);
  }

  sum(x: Tensor, axes: readonly number[]): Tensor {
    return this.inner.sum(x, axes);
  }

  rmsNorm(x: Tensor, weight: Tensor, epsilon: number): Tensor {
    return this.inner.rmsNorm(x, weight, epsilon);
  }

  l2Normalize(x: Tensor, axis: number, gain?: Tensor): Tensor {
    return this.inner.l2Normalize(x, axis, gain);
  }

  reshape(x: Tensor, shape: Shape): Tensor {
    return this.inner.reshape(x, shape);
  }

  permute(x: Tensor, axes: readonly number[]): Tensor {
    return this.inner.permute(x, axes);
  }

  concat(xs: readonly Tensor[], axis: number): Tensor {
    return this.inner.concat(xs, axis);
  }

  slice(x: Tensor, axis: number, start: number, end: number): Tensor {
    return this.inner.slice(x, axis, start, end);
  }

  expand(x: Tensor, shape: Shape): Tensor {
    return this.inner.expand(x, shape);
  }

  take(x: Tensor, rows: Int32Array): Tensor {
    return this.inner.take(x, rows);
  }

  resize(x: Tensor, size: readonly [number, number, number], mode: ResizeMode): Tensor {
    return this.inner.resize(x, size, mode);
  }

  rotary(x: Tensor, rope: Tensor): Tensor {
    return this.inner.rotary(x, rope);
  }

  conv3dWeightGradient(x: Tensor, gradient: Tensor, kernel: readonly [number, number, number]): Tensor {
    return this.inner.conv3dWeightGradient(x, gradient, kernel);
  }

  mapGradient(f: MapFunction, x: Tensor, gradient: Tensor): Tensor {
    return this.inner.mapGradient(f, x, gradient);
  }

  l2NormalizeGradient(x: Tensor, gradient: Tensor, axis: number, gain?: Tensor): Tensor {
    return this.inner.l2NormalizeGradient(x, gradient, axis, gain);
  }

  l2NormalizeGainGradient(x: Tensor, gradient: Tensor, axis: number): Tensor {
    return this.inner.l2NormalizeGainGradient(x, gradient, axis);
  }

  resizeGradient(gradient: Tensor, size: readonly [number, number, number], mode: ResizeMode): Tensor {
    return this.inner.resizeGradient(gradient, size, mode);
  }
}
