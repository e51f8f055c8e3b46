/**
 * The readable backend, which every other one is compared with: each operation is the function of its name in this
 * folder, run at once; sums are kept in doubles, results in float32.
 */

import type { HostTensor, Shape } from '../src/array/host.ts';
import { hostTensor, rowMajor } from '../src/array/host.ts';
import type { StoredValues } from '../src/array/stored.ts';
import { widened } from '../src/array/stored.ts';
import type { Backend, MapFunction, MatmulOptions, ResizeMode, Tensor } from '../src/backend/backend.ts';
import { Scope } from '../src/backend/ownership.ts';
import { reshapeShape } from '../src/backend/shapes-move.ts';
import { concat } from './concat.ts';
import { conv3d } from './conv3d.ts';
import { conv3dWeightGradient } from './conv3d-weight-gradient.ts';
import type { Dense } from './dense.ts';
import { affine, elementwise } from './elementwise.ts';
import { expand } from './expand.ts';
import { l2Normalize } from './l2-normalize.ts';
import { l2NormalizeGainGradient, l2NormalizeGradient } from './l2-normalize-gradient.ts';
import { map } from './map.ts';
import { mapGradient } from './map-gradient.ts';
import { matmul } from './matmul.ts';
import { permute } from './permute.ts';
import { resize, resizeGradient } from './resize.ts';
import { rmsNorm } from './rms-norm.ts';
import { rotary } from './rotary.ts';
import { slice } from './slice.ts';
import { softmax } from './softmax.ts';
import { sum } from './sum.ts';
import { take } from './take.ts';

/** Values are left to the garbage collector once their tensors are freed. */
export function referenceBackend(): Backend {
  const device = { name: 'reference', closed: false, release: () => undefined };
  return new ReferenceBackend(device, Scope.root(device));
}

class ReferenceBackend implements Backend {
  readonly name = 'reference';

  constructor(
    private readonly device: { closed: boolean },
    private readonly tensors: Scope<Float32Array>,
  ) {}

  upload(values: StoredValues): Tensor {
    return this.tensors.own([...values.shape], rowMajor(widened(values)).slice());
  }

  read(x: Tensor): Promise<HostTensor> {
    return Promise.resolve(hostTensor(this.tensors.storageOf(x).slice(), x.shape));
  }

  scope<T>(stage: string, body: (b: Backend) => Promise<T>): Promise<T> {
    return this.tensors.run(stage, (inner) => body(new ReferenceBackend(this.device, inner)));
  }

  free(value: unknown): void {
    this.tensors.free(value);
  }

  async close(): Promise<void> {
    this.device.closed = true;
  }

  matmul(a: Tensor, b: Tensor, options: MatmulOptions = {}): Tensor {
    const { bias, ...transposes } = options;
    const flags = bias === undefined ? transposes : { ...transposes, bias: this.dense(bias) };
    return this.own(matmul(this.dense(a), this.dense(b), flags));
  }

  conv3d(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
    return this.own(conv3d(this.dense(x), this.dense(weight), bias && this.dense(bias)));
  }

  softmax(x: Tensor): Tensor {
    return this.own(softmax(this.dense(x)));
  }

  add(a: Tensor, b: Tensor): Tensor {
    return this.own(elementwise('add', this.dense(a), this.dense(b)));
  }

  sub(a: Tensor, b: Tensor): Tensor {
    return this.own(elementwise('sub', this.dense(a), this.dense(b)));
  }

  mul(a: Tensor, b: Tensor): Tensor {
    return this.own(elementwise('mul', this.dense(a), this.dense(b)));
  }

  div(a: Tensor, b: Tensor): Tensor {
    return this.own(elementwise('div', this.dense(a), this.dense(b)));
  }

  affine(x: Tensor, scale: number, shift?: number): Tensor {
    return this.own(affine(this.dense(x), scale, shift));
  }

  map(f: MapFunction, x: Tensor): Tensor {
    return this.own(map(f, this.dense(x)));
  }

  sum(x: Tensor, axes: readonly number[]): Tensor {
    return this.own(sum(this.dense(x), axes));
  }

  rmsNorm(x: Tensor, weight: Tensor, epsilon: number): Tensor {
    return this.own(rmsNorm(this.dense(x), this.dense(weight), epsilon));
  }

  l2Normalize(x: Tensor, axis: number, gain?: Tensor): Tensor {
    return this.own(l2Normalize(this.dense(x), axis, gain && this.dense(gain)));
  }

  /** Shares the values: nothing changes them after an operation has made them. */
  reshape(x: Tensor, shape: Shape): Tensor {
    return this.own({ shape: reshapeShape(x, shape), values: this.tensors.storageOf(x) });
  }

  permute(x: Tensor, axes: readonly number[]): Tensor {
    return this.own(permute(this.dense(x), axes));
  }

  concat(xs: readonly Tensor[], axis: number): Tensor {
    return this.own(concat(xs.map((x) => this.dense(x)), axis));
  }

  slice(x: Tensor, axis: number, start: number, end: number): Tensor {
    return this.own(slice(this.dense(x), axis, start, end));
  }

  expand(x: Tensor, shape: Shape): Tensor {
    return this.own(expand(this.dense(x), shape));
  }

  take(x: Tensor, rows: Int32Array): Tensor {
    return this.own(take(this.dense(x), rows));
  }

  resize(x: Tensor, size: readonly [number, number, number], mode: ResizeMode): Tensor {
    return this.own(resize(this.dense(x), size, mode));
  }

  rotary(x: Tensor, rope: Tensor): Tensor {
    return this.own(rotary(this.dense(x), this.dense(rope)));
  }

  conv3dWeightGradient(x: Tensor, gradient: Tensor, kernel: readonly [number, number, number]): Tensor {
    return this.own(conv3dWeightGradient(this.dense(x), this.dense(gradient), kernel));
  }

  mapGradient(f: MapFunction, x: Tensor, gradient: Tensor): Tensor {
    return this.own(mapGradient(f, this.dense(x), this.dense(gradient)));
  }

  l2NormalizeGradient(x: Tensor, gradient: Tensor, axis: number, gain?: Tensor): Tensor {
    return this.own(l2NormalizeGradient(this.dense(x), this.dense(gradient), axis, gain && this.dense(gain)));
  }

  l2NormalizeGainGradient(x: Tensor, gradient: Tensor, axis: number): Tensor {
    return this.own(l2NormalizeGainGradient(this.dense(x), this.dense(gradient), axis));
  }

  resizeGradient(gradient: Tensor, size: readonly [number, number, number], mode: ResizeMode): Tensor {
    return this.own(resizeGradient(this.dense(gradient), size, mode));
  }

  private dense(x: Tensor): Dense {
    return { shape: x.shape, values: this.tensors.storageOf(x) };
  }

  private own(result: Dense): Tensor {
    return this.tensors.own(result.shape, result.values);
  }
}
