/**
 * Which item a picture looks like most. The distance of two pictures is the mean squared difference of their halves after the
 * best shift of up to two pixels,
 *
 *     d(a, b) = min over |dx|, |dy| ≤ 2 of mean (½a₊₍dx, dy₎ − ½b)²,   ½x: means of 2×2 pixels
 *
 * so that a small shift and soft edges cost little, and another colour, face or pose much. It is computed for the
 * `CANDIDATES` references that are nearest by means of 8×8 pixels. How often it is right is measured (score.ts, `reader`).
 */

import type { NdArray } from 'ndarray';
import { rowMajor } from '../array/host.ts';
import { ArgumentError } from '../errors.ts';

const CANDIDATES = 160;
const COARSE = 8;
const SHIFT = 2;

export interface Nearest {
  readonly item: number;
  readonly distance: number;
}

/** Pictures (side, side, 3) of items, to be looked up by likeness. */
export class Gallery {
  private readonly items: number[] = [];
  private readonly halves: Uint8Array[] = []; // (side/2, side/2, 3) each
  private readonly coarse: Uint8Array[] = []; // (side/8, side/8, 3) each

  constructor(private readonly side: number) {
    if (side % COARSE !== 0) throw new ArgumentError('side', `a multiple of ${COARSE}`, side);
  }

  /** (T, side, side, 3), all of one item. */
  add(item: number, frames: NdArray<Uint8Array>): void {
    for (const picture of this.pictures(frames)) {
      this.items.push(item);
      this.halves.push(means(picture, this.side, 2, 0, 0));
      this.coarse.push(means(picture, this.side, COARSE, 0, 0));
    }
  }

  /** The nearest item of each frame. */
  nearest(frames: NdArray<Uint8Array>): Nearest[] {
    return this.pictures(frames).map((picture) => this.nearestOf(picture));
  }

  private pictures(frames: NdArray<Uint8Array>): Uint8Array[] {
    const bytes = rowMajor(frames);
    const size = this.side * this.side * 3;
    return Array.from({ length: bytes.length / size }, (_, t) => bytes.subarray(t * size, (t + 1) * size));
  }

  private nearestOf(picture: Uint8Array): Nearest {
    const rough = means(picture, this.side, COARSE, 0, 0);
    const distances = Float64Array.from(this.coarse, (other) => squares(rough, other, Infinity));
    const farthest = distances.slice().sort()[Math.min(CANDIDATES, distances.length) - 1];
    const shifted: Uint8Array[] = [];
    for (let dy = -SHIFT; dy <= SHIFT; dy++) {
      for (let dx = -SHIFT; dx <= SHIFT; dx++) shifted.push(means(picture, this.side, 2, dx, dy));
    }
    let [best, item] = [Infinity, -1];
    distances.forEach((distance, i) => {
      if (distance > farthest) return;
      for (const half of shifted) {
        const sum = squares(half, this.halves[i], best);
        if (sum < best) [best, item] = [sum, this.items[i]];
      }
    });
    return { item, distance: best / shifted[0].length };
  }
}

/** Means of n×n pixels of the picture shifted, its edges continued: (side, side, 3) → (side/n, side/n, 3) */
function means(picture: Uint8Array, side: number, n: number, dx: number, dy: number): Uint8Array {
  const small = side / n;
  const sums = new Int32Array(small * small * 3);
  for (let y = 0; y < side; y++) {
    const row = Math.min(Math.max(y + dy, 0), side - 1) * side;
    const line = Math.floor(y / n) * small;
    for (let x = 0; x < side; x++) {
      const from = (row + Math.min(Math.max(x + dx, 0), side - 1)) * 3;
      const to = (line + Math.floor(x / n)) * 3;
      sums[to] += picture[from];
      sums[to + 1] += picture[from + 1];
      sums[to + 2] += picture[from + 2];
    }
  }
  const out = new Uint8Array(sums.length);
  const half = (n * n) / 2;
  for (let i = 0; i < out.length; i++) out[i] = Math.floor((sums[i] + half) / (n * n));
  return out;
}

/** Σ(a − b)², or something from `enough` on. */
function squares(a: Uint8Array, b: Uint8Array, enough: number): number {
  let sum = 0;
  for (let i = 0; i < a.length && sum < enough; ) {
    for (const end = Math.min(i + 96, a.length); i < end; i++) {
      const difference = a[i] - b[i];
      sum += difference * difference;
    }
  }
  return sum;
}
