/**
 * A backend that passes every operation on to another one and records on a tape how to differentiate it.
 *
 * Only what depends on a parameter is recorded. Tensors of the backend inside may be used as they are: parameters by
 * their gradients' names, all others as constants. A stage frees its tensors at its end as ever; the values behind
 * them stay as long as the tape needs them.
 */

import type { StoredValues } from '../array/stored.ts';
import type { HostTensor, Shape } from '../array/host.ts';
import type { Backend, MapFunction, MatmulOptions, ResizeMode, Tensor } from '../backend/backend.ts';
import { tensorsIn } from '../backend/backend.ts';
import { OwnedTensor, Scope } from '../backend/ownership.ts';
import type { Device } from '../backend/ownership.ts';
import { UnsupportedError } from '../errors.ts';
import type { Lookup } from './lookup.ts';
import { recompute } from './recompute.ts';
import { conv3dRule } from './rules/conv3d.ts';
import { addRule, affineRule, divRule, mulRule, subRule } from './rules/elementwise.ts';
import { resizeRule, rotaryRule } from './rules/geometry.ts';
import { mapRule } from './rules/map.ts';
import { matmulRule } from './rules/matmul.ts';
import { concatRule, expandRule, permuteRule, reshapeRule, sliceRule, sumRule, takeRule } from './rules/moving.ts';
import { l2NormalizeRule, rmsNormRule } from './rules/norms.ts';
import type { Pullback } from './rules/pullback.ts';
import { softmaxRule } from './rules/softmax.ts';
import type { Tape, Value } from './tape.ts';

/** What the recordings of one differentiation share. */
export interface Session {
  readonly device: Device<Value>;
  /** Names of stages whose values are computed again when the tape is unwound. */
  readonly recomputed: (stage: string) => boolean;
}

export class Recording implements Backend {
  readonly name: string;
  private readonly inner: Backend;

  constructor(
    readonly session: Session,
    private readonly tape: Tape,
    private readonly tensors: Scope<Value>,
    private readonly lookup: Lookup,
  ) {
    this.inner = tape.b;
    this.name = tape.b.name;
  }

  upload(values: StoredValues): Tensor {
    return this.own(this.tape.value(this.inner.upload(values), false));
  }

  read(x: Tensor): Promise<HostTensor> {
    return this.inner.read(this.value(x).tensor);
  }

  scope<T>(stage: string, body: (b: Backend) => Promise<T>): Promise<T> {
    if (!this.session.recomputed(stage)) return this.run(stage, this.tape, this.lookup, body);
    return recompute(
      this.tape,
      this.lookup,
      async (tape, lookup) => ({ result: await this.run(stage, tape, lookup, body), valueOf: (x) => this.value(x) }),
      async (tape, lookup) => {
        const root = new Recording(this.session, tape, Scope.root(this.session.device), lookup);
        const result = await root.run(stage, tape, lookup, body);
        return { result, valueOf: (x) => root.value(x), free: () => root.free(result) };
      },
    );
  }

  free(value: unknown): void {
    this.tensors.free(tensorsIn(value).filter((x) => this.isOwn(x)));
  }

  close(): Promise<void> {
    return this.inner.close();
  }

  /** The same value as a constant: nothing flows back through it. */
  constant(x: Tensor): Tensor {
    return this.own(this.tape.value(this.inner.reshape(this.value(x).tensor, x.shape), false));
  }

  matmul(a: Tensor, b: Tensor, { bias, ...flags }: MatmulOptions = {}): Tensor {
    return this.apply(bias === undefined ? [a, b] : [a, b, bias], ([x, w, c]) => {
      const options = c === undefined ? flags : { ...flags, bias: c };
      return [this.inner.matmul(x, w, options), () => matmulRule(x, w, flags)];
    });
  }

  conv3d(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
    return this.apply(bias === undefined ? [x, weight] : [x, weight, bias], ([v, w, c]) => {
      return [this.inner.conv3d(v, w, c), () => conv3dRule(v, w)];
    });
  }

  softmax(x: Tensor): Tensor {
    return this.apply([x], ([v]) => [this.inner.softmax(v), softmaxRule]);
  }

  add(a: Tensor, b: Tensor): Tensor {
    return this.apply([a, b], ([v, w]) => [this.inner.add(v, w), () => addRule(v, w)]);
  }

  sub(a: Tensor, b: Tensor): Tensor {
    return this.apply([a, b], ([v, w]) => [this.inner.sub(v, w), () => subRule(v, w)]);
  }

  mul(a: Tensor, b: Tensor): Tensor {
    return this.apply([a, b], ([v, w]) => [this.inner.mul(v, w), () => mulRule(v, w)]);
  }

  div(a: Tensor, b: Tensor): Tensor {
    return this.apply([a, b], ([v, w]) => [this.inner.div(v, w), (y) => divRule(v, w, y)]);
  }

  affine(x: Tensor, scale: number, shift?: number): Tensor {
    return this.apply([x], ([v]) => [this.inner.affine(v, scale, shift), () => affineRule(scale)]);
  }

  map(f: MapFunction, x: Tensor): Tensor {
    if (f === 'step') return this.own(this.tape.value(this.inner.map(f, this.value(x).tensor), false));
    return this.apply([x], ([v]) => [this.inner.map(f, v), () => mapRule(f, v)]);
  }

  sum(x: Tensor, axes: readonly number[]): Tensor {
    return this.apply([x], ([v]) => [this.inner.sum(v, axes), () => sumRule(v)]);
  }

  rmsNorm(x: Tensor, weight: Tensor, epsilon: number): Tensor {
    return this.apply([x, weight], ([v, w]) => [this.inner.rmsNorm(v, w, epsilon), () => rmsNormRule(v, w, epsilon)]);
  }

  l2Normalize(x: Tensor, axis: number, gain?: Tensor): Tensor {
    return this.apply(gain === undefined ? [x] : [x, gain], ([v, w]) => {
      return [this.inner.l2Normalize(v, axis, w), () => l2NormalizeRule(v, axis, w)];
    });
  }

  reshape(x: Tensor, shape: Shape): Tensor {
    return this.apply([x], ([v]) => [this.inner.reshape(v, shape), () => reshapeRule(v)]);
  }

  permute(x: Tensor, axes: readonly number[]): Tensor {
    return this.apply([x], ([v]) => [this.inner.permute(v, axes), () => permuteRule(axes)]);
  }

  concat(xs: readonly Tensor[], axis: number): Tensor {
    return this.apply(xs, (vs) => [this.inner.concat(vs, axis), () => concatRule(vs, axis)]);
  }

  slice(x: Tensor, axis: number, start: number, end: number): Tensor {
    return this.apply([x], ([v]) => [this.inner.slice(v, axis, start, end), () => sliceRule(v, axis, start, end)]);
  }

  expand(x: Tensor, shape: Shape): Tensor {
    return this.apply([x], ([v]) => [this.inner.expand(v, shape), () => expandRule(v)]);
  }

  take(x: Tensor, rows: Int32Array): Tensor {
    return this.apply([x], ([v]) => [this.inner.take(v, rows), () => takeRule(v, rows)]);
  }

  resize(x: Tensor, size: readonly [number, number, number], mode: ResizeMode): Tensor {
    return this.apply([x], ([v]) => [this.inner.resize(v, size, mode), () => resizeRule(v, mode)]);
  }

  rotary(x: Tensor, rope: Tensor): Tensor {
    if (this.value(rope).differentiable) throw new UnsupportedError('rotary: the rope has no gradient');
    return this.apply([x, rope], ([v, r]) => [this.inner.rotary(v, r), () => rotaryRule(r)]);
  }

  conv3dWeightGradient(x: Tensor, gradient: Tensor, kernel: readonly [number, number, number]): Tensor {
    return this.once('conv3dWeightGradient', [x, gradient], ([v, g]) => this.inner.conv3dWeightGradient(v, g, kernel));
  }

  mapGradient(f: MapFunction, x: Tensor, gradient: Tensor): Tensor {
    return this.once('mapGradient', [x, gradient], ([v, g]) => this.inner.mapGradient(f, v, g));
  }

  l2NormalizeGradient(x: Tensor, gradient: Tensor, axis: number, gain?: Tensor): Tensor {
    return this.once('l2NormalizeGradient', gain === undefined ? [x, gradient] : [x, gradient, gain], ([v, g, w]) => {
      return this.inner.l2NormalizeGradient(v, g, axis, w);
    });
  }

  l2NormalizeGainGradient(x: Tensor, gradient: Tensor, axis: number): Tensor {
    return this.once('l2NormalizeGainGradient', [x, gradient], ([v, g]) => this.inner.l2NormalizeGainGradient(v, g, axis));
  }

  resizeGradient(gradient: Tensor, size: readonly [number, number, number], mode: ResizeMode): Tensor {
    return this.once('resizeGradient', [gradient], ([g]) => this.inner.resizeGradient(g, size, mode));
  }

  /** The value behind a tensor that this recording may read. */
  value(x: Tensor): Value {
    const value = this.lookup.known.get(x) ?? (this.isOwn(x) ? this.tensors.storageOf(x) : undefined);
    if (value === undefined) return { tensor: x, holders: 1, differentiable: false }; // not ours: never freed here
    this.lookup.used?.(x, value);
    return value;
  }

  /** Computes y from the tensors inside and, if one of them depends on a parameter, records its rule. */
  private apply(
    xs: readonly Tensor[],
    compute: (inner: Tensor[]) => [y: Tensor, rule: (y: Tensor) => readonly Pullback[]],
  ): Tensor {
    const inputs = xs.map((x) => this.value(x));
    const [y, rule] = compute(inputs.map(({ tensor }) => tensor));
    const value = this.tape.value(y, inputs.some(({ differentiable }) => differentiable));
    const result = this.own(value);
    if (value.differentiable) this.tape.record(value, inputs, rule(y));
    return result;
  }

  /** An operation of gradients themselves, which has no rule: gradients are taken once. */
  private once(operation: string, xs: readonly Tensor[], compute: (inner: Tensor[]) => Tensor): Tensor {
    return this.apply(xs, (inner) => [compute(inner), () => {
      throw new UnsupportedError(`${operation}: has no gradient of its own`);
    }]);
  }

  private run<T>(stage: string, tape: Tape, lookup: Lookup, body: (b: Backend) => Promise<T>): Promise<T> {
    const boxed = this.tensors.run(stage, async (tensors) => {
      const result = await body(new Recording(this.session, tape, tensors, lookup));
      // In a function, so that the scope does not meet tensors that are not ours.
      return [() => result, tensorsIn(result).filter((x) => this.isOwn(x))] as const;
    });
    return boxed.then(([result]) => result());
  }

  private isOwn(x: Tensor): boolean {
    return x instanceof OwnedTensor && x.device === this.session.device;
  }

  private own(value: Value): Tensor {
    this.lookup.made?.(value);
    value.holders += 1;
    return this.tensors.own(value.tensor.shape, value);
  }
}
