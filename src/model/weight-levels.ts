/**
 * Where weights stay, by one budget of memory:
 *
 *   backend   on the backend, which computes with them: as much of the budget as a quarter of what it can hold, for it needs the
 *             rest to compute in; all of it where the machine's memory is the only bound
 *   host      the rest of the budget: in this program's memory, as they are stored; copied to the backend for every use
 *   disk      what is beyond the budget: read for every use
 *
 * In the order of the file: every weight is asked for once a step, so it makes no difference which ones stay.
 */

import type { Shape } from '../array/host.ts';
import { sizeOf } from '../array/host.ts';
import type { TensorFile } from '../io/tensor-file.ts';

export type WeightLevel = 'backend' | 'host' | 'disk';

/** Bytes of weights that may stay. */
export type WeightRoom = Readonly<Record<'backend' | 'host', number>>;

/** Weights of this much stay unless a budget is given. */
export const DEFAULT_WEIGHT_BUDGET = 2 ** 31;

/** @param capacity of the backend, if it has one. */
export function weightRoom(budget = DEFAULT_WEIGHT_BUDGET, capacity = Infinity): WeightRoom {
  const backend = Math.min(budget, capacity / 4);
  return { backend, host: budget === backend ? 0 : budget - backend };
}

export interface PlacedWeights {
  readonly levels: ReadonlyMap<string, WeightLevel>;
  /** Bytes at each level. */
  readonly bytes: Readonly<Record<WeightLevel, number>>;
  /** Of what stays off the backend, bytes of the layer that has most of them: they are there while it computes. */
  readonly largestLayer: number;
  /** For other weights. */
  readonly left: WeightRoom;
}

export type WeightSizes = Pick<TensorFile, 'shapes' | 'storedBytes'>;

export function placeWeights(file: WeightSizes, room: WeightRoom): PlacedWeights {
  const levels = new Map<string, WeightLevel>();
  const bytes = { backend: 0, host: 0, disk: 0 };
  const layers = new Map<string, number>();
  let level: WeightLevel = 'backend';
  for (const [key, shape] of file.shapes) {
    const size = bytesOf(file, key, shape);
    if (level === 'backend' && bytes.backend + size > room.backend) level = 'host';
    if (level === 'host' && bytes.host + size > room.host) level = 'disk';
    bytes[level] += size;
    levels.set(key, level);
    if (level !== 'backend') layers.set(layerOf(key), (layers.get(layerOf(key)) ?? 0) + size);
  }
  const left = { backend: room.backend - bytes.backend, host: room.host - bytes.host };
  return { levels, bytes, largestLayer: Math.max(0, ...layers.values()), left };
}

/** `blocks.3.attn.q_proj.weight` → `blocks.3`: to its last number, or its first name. */
function layerOf(key: string): string {
  return /^.*\.\d+(?=\.)|^[^.]*/.exec(key)![0];
}

/** Bytes of weights in memory at most. */
export type WeightBytes = Readonly<Record<'backend' | 'host', number>>;

/** What stays, and of what does not a layer on the backend; of what comes from disk that layer and the next on the host. */
export function bytesInMemory(parts: readonly PlacedWeights[]): WeightBytes {
  const sum = (level: WeightLevel): number => parts.reduce((total, { bytes }) => total + bytes[level], 0);
  const layer = Math.max(...parts.map(({ largestLayer }) => largestLayer));
  return { backend: sum('backend') + layer, host: sum('host') + (sum('disk') > 0 ? 2 * layer : 0) };
}

/** What a weight takes on a backend that keeps matrices as they are stored. */
export function bytesOf(file: Pick<TensorFile, 'storedBytes'>, key: string, shape: Shape): number {
  return shape.length === 2 ? file.storedBytes(key) : 4 * sizeOf(shape);
}
