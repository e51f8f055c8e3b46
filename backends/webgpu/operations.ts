/** The operations of the interface as launches of kernels: arguments from shapes. */

import type { HostTensor, Shape } from '../../src/array/host.ts';
import { hostTensor, rowMajor, sizeOf } from '../../src/array/host.ts';
import { halfToFloat, bfloatToFloat } from '../../src/array/half-tensor.ts';
import type { StoredValues } from '../../src/array/stored.ts';
import { isHalf, widened } from '../../src/array/stored.ts';
import type { MapFunction, MatmulOptions, ResizeMode } from '../../src/backend/backend.ts';
import { around } from '../../src/backend/axes.ts';
import type { Binary, Operations, Resizing } from '../../src/backend/table-backend.ts';
import { ShapeError } from '../../src/errors.ts';
import type { Storage } from './values.ts';
import * as elementwise from './elementwise.ts';
import { GROUP, real } from './kernels/kernel.ts';
import { L2_NORMALIZE } from './kernels/l2-normalize.ts';
import { L2_NORMALIZE_GRADIENT } from './kernels/l2-normalize-gradient.ts';
import { MAP_GRADIENT, MAPS } from './kernels/map-gradient.ts';
import { RESAMPLE } from './kernels/resample.ts';
import { RMS_NORM } from './kernels/rms-norm.ts';
import { ROTARY } from './kernels/rotary.ts';
import { SOFTMAX } from './kernels/softmax.ts';
import { TAKE } from './kernels/take.ts';
import { FORMATS } from './kernels/widen.ts';
import * as products from './products.ts';
import type { Stage, View } from './stage.ts';
import { sum } from './sums.ts';

export class WebgpuOperations implements Operations<Storage> {
  constructor(private readonly d: Stage) {}

  /** Matrices of 16 bits stay so until something else than a linear layer or `take` uses them. */
  upload(shape: Shape, values: StoredValues): Storage {
    const what = this.d.what('upload', shape);
    if (isHalf(values) && shape.length === 2) {
      const { bits, type } = values;
      if (bits.length !== sizeOf(shape)) throw new ShapeError(type, `${sizeOf(shape)} values for shape [${shape.join(', ')}]`, bits.length);
      return this.d.device.upload(bits, type, what);
    }
    return this.d.device.upload(rowMajor(widened(values)), 'f32', what);
  }

  async read({ shape, storage }: View): Promise<HostTensor> {
    const { format } = storage.array.value;
    const bytes = await this.d.device.read(storage, sizeOf(shape) * (format === 'f32' ? 4 : 2));
    if (format === 'f32') return hostTensor(new Float32Array(bytes), shape);
    const bits = new Uint16Array(bytes);
    return hostTensor(format === 'f16' ? halfToFloat(bits) : bfloatToFloat(bits), shape);
  }

  share({ storage }: View): Storage {
    return this.d.device.share(storage);
  }

  matmul(shape: Shape, a: View, b: View, options: MatmulOptions, bias: View | undefined): Storage {
    return products.matmul(this.d, shape, a, b, options, bias);
  }

  conv3d(shape: Shape, x: View, weight: View, bias: View | undefined): Storage {
    return products.conv3d(this.d, shape, x, weight, bias);
  }

  conv3dWeightGradient(shape: Shape, x: View, gradient: View): Storage {
    return products.conv3dWeightGradient(this.d, shape, x, gradient);
  }

  softmax(x: View): Storage {
    return this.lastAxis(SOFTMAX, x, []);
  }

  attention(q: View, k: View, v: View, mask: View | undefined): Storage | undefined {
    return products.attention(this.d, q, k, v, mask);
  }

  rmsNorm(x: View, weight: View, epsilon: number): Storage {
    return this.lastAxis(RMS_NORM, x, [weight], [real(epsilon)]);
  }

  l2Normalize(x: View, axis: number, gain: View | undefined): Storage {
    return this.d.rows(L2_NORMALIZE, [x, gain ?? this.one], this.d.make('l2Normalize', x.shape), rowsOf(x.shape, axis), [gain ? 1 : 0]);
  }

  l2NormalizeGradient(x: View, gradient: View, axis: number, gain: View | undefined): Storage {
    const to = this.d.make('l2NormalizeGradient', x.shape);
    return this.d.rows(L2_NORMALIZE_GRADIENT, [x, gradient, gain ?? this.one], to, rowsOf(x.shape, axis), [gain ? 1 : 0]);
  }

  sum(_shape: Shape, x: View, axes: readonly number[]): Storage {
    return sum(this.d, x, axes);
  }

  affine(x: View, scale: number, shift: number): Storage {
    return elementwise.affine(this.d, x, scale, shift);
  }

  map(f: MapFunction, x: View): Storage {
    return elementwise.map(this.d, f, x);
  }

  mapGradient(f: MapFunction, x: View, gradient: View): Storage {
    return this.d.each(MAP_GRADIENT, { FUNCTION: MAPS[f] }, [x, gradient], this.d.make('mapGradient', x.shape), sizeOf(x.shape));
  }

  binary(operation: Binary, shape: Shape, a: View, b: View): Storage {
    return elementwise.binary(this.d, operation, shape, a, b);
  }

  permute(shape: Shape, x: View, axes: readonly number[]): Storage {
    return elementwise.permute(this.d, shape, x, axes);
  }

  slice(shape: Shape, x: View, axis: number, start: number): Storage {
    return elementwise.slice(this.d, shape, x, axis, start);
  }

  expand(shape: Shape, x: View): Storage {
    return elementwise.expand(this.d, shape, x);
  }

  concat(shape: Shape, xs: readonly View[], axis: number): Storage {
    return elementwise.concat(this.d, shape, xs, axis);
  }

  take(shape: Shape, x: View, rows: Int32Array): Storage {
    const { device } = this.d;
    const numbers = device.upload(rows, 'f32', this.d.what('take', [rows.length]));
    const y = this.d.make('take', shape);
    const [count, width] = [sizeOf(shape), shape[1]];
    const FORMAT = FORMATS.indexOf(x.storage.array.value.format);
    for (const { buffer, from, rows } of this.d.parts(x)) {
      const inputs = [buffer, numbers.array.value.buffer];
      this.d.launch(TAKE, { FORMAT }, inputs, y, [count, width, from, rows], Math.ceil(count / GROUP));
    }
    device.release(numbers);
    return y.storage;
  }

  /** Along one axis after the other; where nearest neighbours only repeat, nothing is computed. */
  resize(direction: Resizing, shape: Shape, x: View, mode: ResizeMode): Storage {
    let current: View = { shape: x.shape, storage: this.d.device.share(x.storage) };
    for (const axis of [2, 3, 4]) {
      if (shape[axis] === x.shape[axis]) continue;
      const times = shape[axis] / x.shape[axis];
      const storage = direction === 'resize' && mode === 'nearest' && Number.isInteger(times)
        ? elementwise.repeat(this.d, current, axis, times)
        : this.resample(direction, current, axis, shape[axis], mode);
      this.d.device.release(current.storage);
      current = { shape: current.shape.with(axis, shape[axis]), storage };
    }
    return current.storage;
  }

  private resample(direction: Resizing, x: View, axis: number, extent: number, mode: ResizeMode): Storage {
    const [, inputs, inner] = around(x.shape, axis);
    const { storage, columns } = this.d.tables.resizings.table(direction, mode, inputs, extent);
    const y = this.d.make(direction, x.shape.with(axis, extent));
    return this.d.each(RESAMPLE, {}, [x, { shape: [], storage }], y, sizeOf(y.shape), [inputs, extent, inner, columns]);
  }

  rotary(x: View, rope: View): Storage {
    const pairs = sizeOf(rope.shape) / 2;
    return this.d.each(ROTARY, {}, [x, rope], this.d.make('rotary', x.shape), sizeOf(x.shape) / 2, [pairs]);
  }

  private lastAxis(kernel: Parameters<Stage['rows']>[0], x: View, others: readonly View[], numbers: readonly number[] = []): Storage {
    return this.d.rows(kernel, [x, ...others], this.d.make(kernel.name, x.shape), rowsOf(x.shape, x.shape.length - 1), numbers);
  }

  private get one(): View {
    return { shape: [1], storage: this.d.tables.one };
  }
}

/** Rows along an axis: how many, their extent, the distance of their elements. */
function rowsOf(shape: Shape, axis: number): readonly [number, number, number] {
  const [outer, extent, inner] = around(shape, axis);
  return [extent === 0 ? 0 : outer * inner, extent, Math.max(inner, 1)];
}
