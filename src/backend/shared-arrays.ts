/** Arrays of a device that several tensors may share, for a reshaped tensor has the values of another. */

import type { Tensor } from './backend.ts';

/** What one tensor holds of an array. */
export interface Share<Value> {
  readonly array: { value: Value; tensors: number };
  /** Whether the garbage collector releases it. */
  watched: boolean;
}

export class SharedArrays<Value> {
  private readonly collected = new FinalizationRegistry<Share<Value>>((share) => this.release(share));

  /** @param end called when the last tensor has let go of an array. */
  constructor(private readonly end: (array: { value: Value }) => void) {}

  make(value: Value): Share<Value> {
    return { array: { value, tensors: 1 }, watched: false };
  }

  share({ array }: Share<Value>): Share<Value> {
    array.tensors++;
    return { array, watched: false };
  }

  release(share: Share<Value>): void {
    if (share.watched) this.collected.unregister(share);
    if (--share.array.tensors === 0) this.end(share.array);
  }

  /** Releases the share when the tensor is garbage: for tensors of the root, whose scope has no end. */
  watch(tensor: Tensor, share: Share<Value>): void {
    share.watched = true;
    this.collected.register(tensor, share, share);
  }
}
