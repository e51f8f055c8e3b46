/** A backend whose work ends when a signal says so: the next stage, large operation or read throws its reason. */

import type { HalfTensor } from '../array/half-tensor.ts';
import type { HostTensor } from '../array/host.ts';
import type { Backend, MatmulOptions, Tensor } from './backend.ts';
import { Forwarding } from './forwarding.ts';

/** `b` under a signal; without one `b` itself. Stages return to the event loop (breathe.ts), where signals come from. */
export function abortable(b: Backend, signal: AbortSignal | undefined): Backend {
  return signal === undefined ? b : new Abortable(b, signal);
}

class Abortable extends Forwarding {
  constructor(inner: Backend, private readonly signal: AbortSignal) {
    super(inner);
  }

  override scope<T>(stage: string, body: (b: Backend) => Promise<T>): Promise<T> {
    return this.inner.scope(stage, (inner) => {
      this.signal.throwIfAborted();
      return body(new Abortable(inner, this.signal));
    });
  }

  override async read(x: Tensor): Promise<HostTensor> {
    const values = await this.inner.read(x);
    this.signal.throwIfAborted();
    return values;
  }

  override upload(values: HostTensor | HalfTensor): Tensor {
    this.signal.throwIfAborted();
    return this.inner.upload(values);
  }

  // A recorder of gradients has stages of its own around these.
  override matmul(a: Tensor, b: Tensor, options?: MatmulOptions): Tensor {
    this.signal.throwIfAborted();
    return this.inner.matmul(a, b, options);
  }

  attention(q: Tensor, k: Tensor, v: Tensor, mask?: Tensor): Tensor | undefined {
    this.signal.throwIfAborted();
    return this.inner.attention?.(q, k, v, mask);
  }

  override conv3d(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
    this.signal.throwIfAborted();
    return this.inner.conv3d(x, weight, bias);
  }
}
