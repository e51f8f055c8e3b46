/** Where the wrong elements lie, and what their errors look like: at the border alone, or the size of narrow roundings. */

import { rowMajor } from '../../array/host.ts';
import type { HostArray } from '../../array/host.ts';
import type { Backend } from '../../backend/backend.ts';
import type { Case } from '../../conform/case.ts';
import { roundedBackend } from '../rounded-backend.ts';
import type { Difference } from './fit.ts';
import { outputOf } from './rebuilt.ts';

/** @param failing flat indices out of tolerance. (B, C, T, H, W) */
export function borderCause({ shape }: HostArray, failing: readonly number[]): string[] {
  if (shape.length !== 5 || failing.length === 0) return [];
  const [, , t, h, w] = shape;
  const placeOf = (i: number) => ({ x: i % w, y: Math.floor(i / w) % h, frame: Math.floor(i / (w * h)) % t });
  const atBorder = failing.every((i) => {
    const { x, y } = placeOf(i);
    return x === 0 || y === 0 || x === w - 1 || y === h - 1;
  });
  if (atBorder && h > 2 && w > 2) return ['only the border in space is wrong, all of the interior is right: how convolutions pad'];
  const last = Math.max(...failing.map((i) => placeOf(i).frame));
  return t > 2 && last < t - 1 && last < 2 ? [`only frame${last === 0 ? ' 0 is' : 's 0 and 1 are'} wrong: how a video begins`] : [];
}

/** Errors as large as bfloat16 or float16 makes them in this very output, and not all of one sign. */
export async function noiseCause(
  c: Case,
  b: Backend,
  output: string,
  expected: HostArray,
  { got, right }: Difference,
): Promise<string[]> {
  const errors = Float64Array.from(right, (x, i) => got[i] - x);
  const rms = (x: Float64Array): number => Math.sqrt(x.reduce((sum, value) => sum + value * value, 0) / x.length);
  const mean = errors.reduce((sum, x) => sum + x, 0) / errors.length;
  if (errors.length < 16 || Math.abs(mean) > 0.5 * rms(errors)) return [];
  for (const [precision, name] of [['bf16', 'bfloat16'], ['f16', 'float16']] as const) {
    const rounded = await outputOf(c, roundedBackend(b, precision), output);
    if (rounded === undefined || rounded.size !== expected.size) continue;
    const values = rowMajor(rounded);
    const usual = rms(Float64Array.from(right, (x, i) => values[i] - x));
    if (usual > 0 && rms(errors) > usual / 4 && rms(errors) < usual * 2) return [`the errors are those of ${name}: something is computed in it`];
  }
  return [];
}
