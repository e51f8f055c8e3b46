/**
 * The parameters of launches: places of 256 bytes in one buffer, found again by their contents, for the same shapes come
 * again in every block, scale and chunk. New ones are written once a batch.
 */

import { USAGE } from './usage.ts';

/** As aligned as any device asks for. */
export const PLACE = 256;

const PLACES = 4096;

export class Parameters {
  readonly buffer: GPUBuffer;
  private readonly words = new Uint32Array((PLACES * PLACE) / 4);
  private readonly places = new Map<string, number>();
  /** The first place that has not been written to the device. */
  private written = 0;

  constructor(private readonly device: GPUDevice) {
    this.buffer = device.createBuffer({ size: PLACES * PLACE, usage: USAGE.uniform | USAGE.copyTarget });
  }

  /** Begins a batch of at most so many launches: with all places taken it starts anew, for earlier batches are on their way. */
  begin(launches: number): void {
    if (this.places.size + launches <= PLACES) return;
    this.places.clear();
    this.written = 0;
  }

  /** The offset of the parameters. */
  place(numbers: readonly number[]): number {
    const key = numbers.join(' ');
    let place = this.places.get(key);
    if (place === undefined) {
      place = this.places.size;
      this.places.set(key, place);
      this.words.set(numbers, (place * PLACE) / 4);
    }
    return place * PLACE;
  }

  /** Writes what is new. @returns bytes. */
  write(): number {
    const [from, to] = [this.written * PLACE, this.places.size * PLACE];
    if (to > from) this.device.queue.writeBuffer(this.buffer, from, this.words, from / 4, (to - from) / 4);
    this.written = this.places.size;
    return to - from;
  }
}
