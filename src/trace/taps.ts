/**
 * A backend that remembers, stage by stage, what attention was given and how it divided itself: the rotary table, all the
 * keys and values that it sees, and the weights on them. They are no results of a scope, so that watching scopes alone
 * would miss them.
 */

import type { Backend, Tensor } from '../backend/backend.ts';
import { Forwarding } from '../backend/forwarding.ts';

export class Taps extends Forwarding {
  /** Name → tensor, in the order of the calls. */
  readonly taken = new Map<string, Tensor>();

  constructor(
    inner: Backend,
    private readonly stage = '',
  ) {
    super(inner);
  }

  override scope<T>(stage: string, body: (b: Backend) => Promise<T>): Promise<T> {
    return this.inner.scope(stage, (inner) => body(new Taps(inner, stage)));
  }

  override rotary(x: Tensor, rope: Tensor): Tensor {
    if (!this.taken.has('rope')) this.taken.set('rope', rope); // (2, L, D/2)
    return this.inner.rotary(x, rope);
  }

  override concat(xs: readonly Tensor[], axis: number): Tensor {
    const joined = this.inner.concat(xs, axis);
    // Past and own, keys first: (B, KV, S, D) each
    if (this.stage === 'attention' && axis === 2) this.taken.set(this.taken.has('seen_keys') ? 'seen_values' : 'seen_keys', joined);
    return joined;
  }

  override softmax(x: Tensor): Tensor {
    const weights = this.inner.softmax(x);
    if (/^rows\d+$/.test(this.stage)) this.taken.set('weights', weights); // (B, KV, G·n, S)
    return weights;
  }
}
