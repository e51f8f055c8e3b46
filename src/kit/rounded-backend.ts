/**
 * A backend that computes as a half-precision port does: what a matrix product or a convolution takes and gives, and what
 * is computed between them, is rounded to bfloat16 or float16; sums inside an operation, running codes, guidance, draws
 * and rotary tables are not, as in the official code under autocast.
 *
 * Rounding to n bits of significand with float32 arithmetic alone (Veltkamp's splitting):
 *
 *   c = x·(2^(24−n) + 1),   rounded(x) = c − (c − x)
 */

import type { Backend, MapFunction, MatmulOptions, ResizeMode, Tensor } from '../backend/backend.ts';
import { Forwarding } from '../backend/forwarding.ts';

export type HalfPrecision = 'bf16' | 'f16';

/** Bits of the significand, the hidden one among them. */
export const SIGNIFICAND: Readonly<Record<HalfPrecision, number>> = { bf16: 8, f16: 11 };

/** Scopes in which running codes are added and resized: that stays exact. */
const EXACT = /(^|\/)rep\d+$|^step\d+$|^clip\d+$/;

export function roundedBackend(b: Backend, precision: HalfPrecision): Backend {
  return new Rounded(b, 2 ** (24 - SIGNIFICAND[precision]) + 1, false);
}

class Rounded extends Forwarding {
  constructor(
    inner: Backend,
    private readonly factor: number,
    private readonly exact: boolean,
  ) {
    super(inner);
  }

  /** Of what only moves running codes nothing. */
  private roundUnlessMoved(x: Tensor): Tensor {
    return this.exact ? x : this.round(x);
  }

  private round(x: Tensor): Tensor {
    const c = this.inner.affine(x, this.factor);
    return this.inner.sub(c, this.inner.sub(c, x));
  }

  override scope<T>(stage: string, body: (b: Backend) => Promise<T>): Promise<T> {
    return this.inner.scope(stage, (inner) => body(new Rounded(inner, this.factor, EXACT.test(stage))));
  }

  override matmul(a: Tensor, b: Tensor, { bias, ...options }: MatmulOptions = {}): Tensor {
    const rounded = bias === undefined ? {} : { bias: this.round(bias) };
    return this.round(this.inner.matmul(this.round(a), this.round(b), { ...options, ...rounded }));
  }

  override conv3d(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
    return this.round(this.inner.conv3d(this.round(x), this.round(weight), bias && this.round(bias)));
  }

  override softmax(x: Tensor): Tensor {
    return this.round(this.inner.softmax(x));
  }

  override add(a: Tensor, b: Tensor): Tensor {
    return this.roundUnlessMoved(this.inner.add(a, b));
  }

  override sub(a: Tensor, b: Tensor): Tensor {
    return this.roundUnlessMoved(this.inner.sub(a, b));
  }

  override mul(a: Tensor, b: Tensor): Tensor {
    return this.round(this.inner.mul(a, b));
  }

  override div(a: Tensor, b: Tensor): Tensor {
    return this.round(this.inner.div(a, b));
  }

  override affine(x: Tensor, scale: number, shift?: number): Tensor {
    return this.round(this.inner.affine(x, scale, shift));
  }

  override map(f: MapFunction, x: Tensor): Tensor {
    return this.round(this.inner.map(f, x));
  }

  override rmsNorm(x: Tensor, weight: Tensor, epsilon: number): Tensor {
    return this.round(this.inner.rmsNorm(x, weight, epsilon));
  }

  override l2Normalize(x: Tensor, axis: number, gain?: Tensor): Tensor {
    return this.round(this.inner.l2Normalize(x, axis, gain));
  }

  override resize(x: Tensor, size: readonly [number, number, number], mode: ResizeMode): Tensor {
    return this.roundUnlessMoved(this.inner.resize(x, size, mode));
  }

  override rotary(x: Tensor, rope: Tensor): Tensor {
    return this.round(this.inner.rotary(x, rope));
  }
}
