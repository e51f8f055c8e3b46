/** Backends that compute one operation wrongly: what mutants run on. */

import { hostTensor } from '../../src/array/host.ts';
import type { Backend, Tensor } from '../../src/backend/backend.ts';
import { Forwarding } from '../../src/backend/forwarding.ts';

export type Ops = Partial<Omit<Backend, 'name' | 'scope'>>;

/**
 * `b` with some operations replaced, also inside its scopes.
 * @param replace makes them from the right backend and the name of the innermost stage.
 */
export function broken(b: Backend, replace: (right: Backend, stage: string) => Ops, stage = ''): Backend {
  return new Broken(b, replace, stage, true);
}

/** As `broken`, but right again in all scopes inside. */
export function brokenOutside(b: Backend, replace: (right: Backend) => Ops): Backend {
  return new Broken(b, replace, '', false);
}

class Broken extends Forwarding {
  constructor(
    inner: Backend,
    private readonly replace: (right: Backend, stage: string) => Ops,
    stage: string,
    private readonly deep: boolean,
  ) {
    super(inner);
    Object.assign(this, replace(inner, stage));
  }

  override scope<T>(stage: string, body: (b: Backend) => Promise<T>): Promise<T> {
    return this.inner.scope(stage, (inner) => body(this.deep ? new Broken(inner, this.replace, stage, true) : inner));
  }
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
