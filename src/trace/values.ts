/** What of a stage's result is a value to be shown, and under which name. */

import type { HostArray } from '../array/host.ts';
import { Tensor } from '../backend/backend.ts';

export type StageValue = Tensor | HostArray;

/** `''` is the stage's own value. Caches of convolutions are left out: they are slices of values that are shown. */
export function valuesOf(value: unknown): [name: string, value: StageValue][] {
  if (value instanceof Tensor) return [['', value]];
  if (value === null || typeof value !== 'object') return [];
  const { y, own, bits, code, kept } = value as Readonly<Record<string, unknown>>;
  if (kept !== undefined) return []; // a step of sampling: reported in full by its own listener
  const found: [string, StageValue][] = [];
  if (own !== null && typeof own === 'object' && 'keys' in own && 'values' in own) {
    found.push(['keys', own.keys as Tensor], ['values', own.values as Tensor]);
  }
  if (y instanceof Tensor) found.push(['', y]);
  if (isArray(bits)) found.push(['bits', bits]);
  if (code instanceof Tensor) found.push(['code', code]);
  return found;
}

function isArray(value: unknown): value is HostArray {
  return value !== null && typeof value === 'object' && 'stride' in value && 'data' in value && 'shape' in value;
}
