/** Operations as other programs have them by mistake, made of the right ones. */

import { hostTensor } from '../../array/host.ts';
import type { Backend, Tensor } from '../../backend/backend.ts';

const scalar = (b: Backend, x: number): Tensor => b.upload(hostTensor(Float32Array.of(x), [1]));

/** x·Φ(x) with Φ by the error function (Abramowitz and Stegun 7.1.26, to 1.5e-7). */
export function exactGelu(b: Backend, x: Tensor): Tensor {
  const z = b.affine(x, Math.SQRT1_2);
  const size = b.add(b.map('relu', z), b.map('relu', b.affine(z, -1))); // |z|
  const t = b.div(scalar(b, 1), b.affine(size, 0.3275911, 1));
  const powers = [0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429].reduceRight(
    (sum: Tensor | undefined, a) => b.mul(t, sum === undefined ? scalar(b, a) : b.affine(sum, 1, a)), undefined,
  )!;
  const tail = b.mul(powers, b.map('exp', b.affine(b.mul(z, z), -1))); // 1 − erf|z|
  const sign = b.affine(b.map('step', z), 2, -1);
  const erf = b.mul(sign, b.affine(tail, -1, 1));
  return b.mul(x, b.affine(erf, 0.5, 0.5));
}

/** x·σ(1.702·x) */
export function quickGelu(b: Backend, x: Tensor): Tensor {
  return b.mul(x, b.map('sigmoid', b.affine(x, 1.702)));
}

export function withoutMean(b: Backend, x: Tensor): Tensor {
  const axis = x.shape.length - 1;
  return b.sub(x, b.affine(b.sum(x, [axis]), 1 / x.shape[axis]));
}

/** Pairs (i, i + D/2) turn together, not (2i, 2i + 1). */
export function rotateHalves(b: Backend, x: Tensor, rope: Tensor): Tensor {
  const axis = x.shape.length - 1;
  const half = x.shape[axis] / 2;
  const [a, c] = [b.slice(x, axis, 0, half), b.slice(x, axis, half, 2 * half)];
  const [cos, sin] = [b.slice(rope, 0, 0, 1), b.slice(rope, 0, 1, 2)]; // (1, L, D/2)
  return b.concat([b.sub(b.mul(a, cos), b.mul(c, sin)), b.add(b.mul(a, sin), b.mul(c, cos))], axis);
}

/** Cosines and sines, the latter negated, or both changed over. */
export function otherRope(b: Backend, rope: Tensor, change: 'backwards' | 'swapped'): Tensor {
  const [cos, sin] = [b.slice(rope, 0, 0, 1), b.slice(rope, 0, 1, 2)];
  return b.concat(change === 'backwards' ? [cos, b.affine(sin, -1)] : [sin, cos], 0);
}

export const INTERLEAVED = 'key heads are interleaved: query head h gets key head h mod KV';

/** Query head h gets key head h mod KV, not ⌊h / (H/KV)⌋: (B, H, L, D) with the heads in that order, or back. */
export function interleaved(b: Backend, q: Tensor, kv: number, back = false): Tensor {
  const [batch, heads, length, depth] = q.shape as [number, number, number, number];
  const split = b.reshape(q, [batch, back ? kv : heads / kv, back ? heads / kv : kv, length * depth]);
  return b.reshape(b.permute(split, [0, 2, 1, 3]), [batch, heads, length, depth]);
}

/** Convolution with the edge repeated around space, not zeros. */
export function edgeConv(b: Backend, x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  const [, , , h, w] = x.shape;
  const [ph, pw] = [(weight.shape[3] - 1) / 2, (weight.shape[4] - 1) / 2];
  let y = x;
  for (const [axis, pad, extent] of [[3, ph, h], [4, pw, w]] as const) {
    if (pad === 0) continue;
    const edge = (at: number): Tensor[] => Array.from({ length: pad }, () => b.slice(y, axis, at, at + 1));
    y = b.concat([...edge(0), y, ...edge(extent - 1)], axis);
  }
  const wide = b.conv3d(y, weight, bias);
  return b.slice(b.slice(wide, 3, ph, ph + h), 4, pw, pw + w);
}

/** Resizing of the last three axes as with align_corners = true: ends on ends. */
export function alignedResize(b: Backend, x: Tensor, size: readonly [number, number, number]): Tensor {
  let value = x;
  for (const axis of [2, 3, 4]) value = alongAxis(b, value, axis, size[axis - 2]);
  return value;
}

function alongAxis(b: Backend, x: Tensor, axis: number, to: number): Tensor {
  const from = x.shape[axis];
  const matrix = new Float32Array(to * from); // (to, from)
  for (let i = 0; i < to; i++) {
    const place = to === 1 ? 0 : (i * (from - 1)) / (to - 1);
    const below = Math.min(Math.floor(place), from - 1);
    matrix[i * from + below] += 1 - (place - below);
    if (below + 1 < from) matrix[i * from + below + 1] += place - below;
  }
  const order = [0, 1, 2, 3, 4].map((a) => (a === axis ? 4 : a === 4 ? axis : a));
  const turned = b.permute(x, order); // axis last
  const flat = b.reshape(turned, [turned.shape.slice(0, 4).reduce((product, n) => product * n, 1), from]);
  const mixed = b.matmul(flat, b.upload(hostTensor(matrix, [to, from])), { transposeB: true }); // (…, to)
  return b.permute(b.reshape(mixed, [...turned.shape.slice(0, 4), to]), order);
}
