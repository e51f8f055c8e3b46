/**
 * The precision of the released scripts: bf16 where their autocast rounds, float32 elsewhere, on any backend that computes
 * between operations in float32 (docs/precision.md lists every place with its source).
 *
 *     bf16(x) = (65537·x) − (65537·x − x)        each step rounded to float32: Veltkamp's splitting, x to 8 binary digits
 *
 * As torch does, every tensor has a type. Products and convolutions take and give bf16; elementwise operations give bf16 where
 * all that they take is bf16; norms over channels give float32; sums of codes keep the type of the running code. Sampling and
 * decoding are under autocast; the encoder, the bits of given frames and the heads are not. Inside attention scores and softmax
 * are float32, probabilities and results bf16, as in flash attention, which rounds probabilities before it divides by their sum.
 *
 * Source: tools/infer_video_480p.py:perform_inference (autocast), models/infinity.py, models/basic.py, models/rope.py.
 */

import type { StoredValues } from '../array/stored.ts';
import { sizeOf } from '../array/host.ts';
import type { Backend, MapFunction, MatmulOptions, ResizeMode, Tensor } from './backend.ts';
import { Forwarding } from './forwarding.ts';

const SPLITTER = 2 ** 16 + 1;

/** Where a stage is, by the names of the stages around it. */
interface Place {
  readonly part: 'plain' | 'sample' | 'decode';
  readonly stage: string;
  readonly inHead: boolean;
}

/** What is known of all tensors of a backend: those that torch would keep as bf16. */
type Narrow = WeakSet<Tensor>;

/** `b` with the released precision in its stages `sample` and `decode`. */
export function officialPrecision(b: Backend): Backend {
  return new OfficialPrecision(b, new WeakSet(), { part: 'plain', stage: '', inHead: false });
}

/** x rounded to bf16, ties to even. */
export function roundToBf16(b: Backend, x: Tensor): Tensor {
  const large = b.affine(x, SPLITTER);
  const low = b.sub(large, x);
  const high = b.sub(large, low);
  b.free([large, low]);
  return high;
}

class OfficialPrecision extends Forwarding {
  constructor(
    inner: Backend,
    private readonly narrow: Narrow,
    private readonly place: Place,
  ) {
    super(inner);
  }

  override scope<T>(stage: string, body: (b: Backend) => Promise<T>): Promise<T> {
    const part = stage === 'sample' || stage === 'decode' ? stage : this.place.part;
    const place = { part, stage, inHead: this.place.inHead || stage === 'logits' };
    return this.inner.scope(stage, (inner) => body(new OfficialPrecision(inner, this.narrow, place)));
  }

  /** The running code begins as bf16 zeros; so does what fills up a short negative prompt. */
  override upload(values: StoredValues): Tensor {
    const x = super.upload(values);
    const zeros = ['sample', 'prefix'].includes(this.place.stage) && 'data' in values && !values.data.some((value) => value !== 0);
    if (this.place.part === 'sample' && zeros) this.narrow.add(x);
    return x;
  }

  override matmul(a: Tensor, b: Tensor, options: MatmulOptions = {}): Tensor {
    if (!this.casts) return super.matmul(a, b, options);
    const { bias, ...transposes } = options;
    // Scores are not rounded, nor the queries that are scaled before and not after.
    if (this.place.stage.startsWith('rows') && options.transposeB === true) return super.matmul(a, b, options);
    const rounded = bias === undefined ? {} : { bias: this.cast(bias) };
    return this.round(super.matmul(this.cast(a), this.cast(b), { ...transposes, ...rounded }));
  }

  override conv3d(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
    if (!this.casts) return super.conv3d(x, weight, bias);
    return this.round(super.conv3d(this.cast(x), this.cast(weight), bias === undefined ? undefined : this.cast(bias)));
  }

  override add(a: Tensor, b: Tensor): Tensor {
    const result = super.add(a, b);
    // codes += …: in place, so in the type of the codes.
    const inPlace = this.place.part === 'sample' && this.narrow.has(a) && a.shape.length === 5;
    return inPlace ? this.round(result) : this.promoted(result, [a, b]);
  }

  override sub(a: Tensor, b: Tensor): Tensor {
    return this.promoted(super.sub(a, b), [a, b]);
  }

  override mul(a: Tensor, b: Tensor): Tensor {
    return this.promoted(super.mul(a, b), [a, b]);
  }

  override div(a: Tensor, b: Tensor): Tensor {
    return this.promoted(super.div(a, b), [a, b]);
  }

  override affine(x: Tensor, scale: number, shift?: number): Tensor {
    const result = super.affine(x, scale, shift);
    return this.place.stage.startsWith('rows') ? result : this.promoted(result, [x]);
  }

  override map(f: MapFunction, x: Tensor): Tensor {
    return this.promoted(super.map(f, x), [x]);
  }

  override sum(x: Tensor, axes: readonly number[]): Tensor {
    return this.promoted(super.sum(x, axes), [x]);
  }

  override rmsNorm(x: Tensor, weight: Tensor, epsilon: number): Tensor {
    return this.promoted(super.rmsNorm(x, this.casts ? this.cast(weight) : weight, epsilon), [x]);
  }

  override rotary(x: Tensor, rope: Tensor): Tensor {
    if (!this.narrow.has(x)) return super.rotary(x, rope);
    // In place, in two steps: bf16(bf16(x·cos) ± y·sin).
    const [cosines, sines] = [this.inner.slice(rope, 0, 0, 1), this.inner.slice(rope, 0, 1, 2)]; // (1, L, D/2) each
    const none = this.inner.affine(cosines, 0); // (1, L, D/2)
    const straight = roundToBf16(this.inner, this.inner.rotary(x, this.inner.concat([cosines, none], 0)));
    return this.round(this.inner.add(straight, this.inner.rotary(x, this.inner.concat([none, sines], 0))));
  }

  override resize(x: Tensor, size: readonly [number, number, number], mode: ResizeMode): Tensor {
    return this.promoted(super.resize(x, size, mode), [x]);
  }

  override reshape(x: Tensor, shape: readonly number[]): Tensor {
    return this.kept(super.reshape(x, shape), [x]);
  }

  override permute(x: Tensor, axes: readonly number[]): Tensor {
    return this.kept(super.permute(x, axes), [x]);
  }

  override concat(xs: readonly Tensor[], axis: number): Tensor {
    return this.kept(super.concat(xs, axis), xs);
  }

  override slice(x: Tensor, axis: number, start: number, end: number): Tensor {
    return this.kept(super.slice(x, axis, start, end), [x]);
  }

  override expand(x: Tensor, shape: readonly number[]): Tensor {
    return this.kept(super.expand(x, shape), [x]);
  }

  override take(x: Tensor, rows: Int32Array): Tensor {
    return this.kept(super.take(x, rows), [x]);
  }

  /** Whether products are under autocast. The heads are not; what their norm gives is. */
  private get casts(): boolean {
    return this.place.part !== 'plain' && !this.place.inHead;
  }

  private cast(x: Tensor): Tensor {
    return this.narrow.has(x) ? x : this.round(x, false);
  }

  /** @param own whether `x` is used no more. */
  private round(x: Tensor, own = true): Tensor {
    const result = roundToBf16(this.inner, x);
    if (own) this.inner.free(x);
    this.narrow.add(result);
    return result;
  }

  /** A result of arithmetic: bf16 if all operands are, numbers in tensors of one element aside. */
  private promoted(result: Tensor, operands: readonly Tensor[]): Tensor {
    const counted = operands.filter((x) => this.narrow.has(x) || sizeOf(x.shape) > 1);
    const isNarrow = this.place.part !== 'plain' && counted.length > 0 && counted.every((x) => this.narrow.has(x));
    return isNarrow ? this.round(result) : result;
  }

  /** The same values, moved. */
  private kept(result: Tensor, operands: readonly Tensor[]): Tensor {
    if (operands.every((x) => this.narrow.has(x))) this.narrow.add(result);
    return result;
  }
}
