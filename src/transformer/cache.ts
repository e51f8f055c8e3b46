/**
 * Keys and values of earlier segments, per block.
 *
 * A scale is stored at its last repetition only, and only if a later scale refers to it; it is freed once no
 * later scale does. The text and the conditions are seen by every scale and stay to the end. So the cache
 * holds one scale of the preceding clip besides the prefix, however long the video is (§3.4 Spacetime Sparse
 * Attention).
 *
 * Source: models/basic.py:SelfAttention.forward (caching), which frees by the same rule. Spec T5.
 */

import type { Backend } from '../backend/backend.ts';
import { ArgumentError } from '../errors.ts';
import type { KeyValue } from './self-attention.ts';

/** The name of a prefix segment, or the index of a scale. */
export type SegmentId = string | number;

export class KeyValueCache {
  private readonly entries = new Map<SegmentId, readonly KeyValue[]>();
  /** Scale → last scale that refers to it. */
  private readonly lastUse = new Map<number, number>();

  /** @param references for every scale of the schedule, the scales that it refers to. */
  constructor(references: readonly (readonly number[])[]) {
    references.forEach((refs, scale) => refs.forEach((ref) => this.lastUse.set(ref, scale)));
  }

  /** Whether a later scale refers to `scale`. */
  wants(scale: number): boolean {
    return this.lastUse.has(scale);
  }

  /** Stores a segment; `entry` holds its keys and values block by block. */
  store(segment: SegmentId, entry: readonly KeyValue[]): void {
    this.entries.set(segment, entry);
  }

  /**
   * For every block, the stored keys and values of `segments`, in their order.
   * @throws ArgumentError if one of them was not stored or has been freed.
   */
  past(segments: readonly SegmentId[], blocks: number): KeyValue[][] {
    const found = segments.map((segment) => {
      const entry = this.entries.get(segment);
      if (entry === undefined) throw new ArgumentError('segments', 'stored segments', segment);
      return entry;
    });
    return Array.from({ length: blocks }, (_, i) => found.map((entry) => entry[i]));
  }

  /** Frees the scales that no scale after `scale` refers to. `b` is the backend in whose scope they live. */
  release(b: Backend, scale: number): void {
    for (const [segment, entry] of this.entries) {
      if (typeof segment !== 'number' || this.lastUse.get(segment)! > scale) continue;
      b.free(entry);
      this.entries.delete(segment);
    }
  }

  /** The segments now stored, oldest first. */
  get segments(): readonly SegmentId[] {
    return [...this.entries.keys()];
  }
}
