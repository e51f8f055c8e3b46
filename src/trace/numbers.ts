/** A value as numbers, the last two axes as rows and columns; of long axes the beginning and the end. */

import type { HostArray } from '../array/host.ts';
import { rowMajor } from '../array/host.ts';
import { ArgumentError } from '../errors.ts';
import { shortNumber } from './tree.ts';

/** So many at either end of an axis that is cut. */
const ENDS = 3;
const CUT = '…';

/**
 * @param at indices into the first axes, to look at a part of the value.
 * @param all every number, however many there are.
 * @throws ArgumentError if an index is none of its axis.
 */
export function formatNumbers(x: HostArray, at: readonly number[] = [], all = false): string {
  const values = rowMajor(x);
  const { offset, shape } = part(x.shape, at);
  if (shape.length === 0) return String(values[offset]);
  const rowsAt = shape.slice(0, -2);
  const blocks: string[] = [];
  for (const index of chosen(rowsAt, all)) {
    const title = rowsAt.length === 0 ? '' : index === undefined ? `${CUT}\n` : `[${[...at, ...index, ':', ':'].join(', ')}]\n`;
    if (index === undefined) blocks.push(title);
    else blocks.push(title + matrix(values, offset + flat(shape, index), shape.slice(-2), all));
  }
  return blocks.join('\n');
}

function part(shape: readonly number[], at: readonly number[]): { readonly offset: number; readonly shape: readonly number[] } {
  const wrong = at.findIndex((index, axis) => !(Number.isInteger(index) && index >= 0 && index < (shape[axis] ?? 0)));
  if (wrong >= 0) throw new ArgumentError('--at', `indices into (${shape.join(', ')})`, at.join(','));
  return { offset: flat(shape, at), shape: shape.slice(at.length) };
}

function flat(shape: readonly number[], index: readonly number[]): number {
  return index.reduce((sum, i, axis) => sum + i * shape.slice(axis + 1).reduce((product, n) => product * n, 1), 0);
}

/** Indices of the leading axes, undefined for those that are left out. */
function chosen(shape: readonly number[], all: boolean): (readonly number[] | undefined)[] {
  let found: (readonly number[] | undefined)[] = [[]];
  for (const extent of shape) {
    found = found.flatMap((index) => {
      return index === undefined ? [index] : ends(extent, all).map((i) => (i === undefined ? undefined : [...index, i]));
    });
  }
  return found;
}

function ends(extent: number, all: boolean): (number | undefined)[] {
  if (all || extent <= 2 * ENDS + 1) return [...Array(extent).keys()];
  const last = Array.from({ length: ENDS }, (_, i) => extent - ENDS + i);
  return [...Array(ENDS).keys(), undefined, ...last];
}

function matrix(values: ArrayLike<number>, offset: number, shape: readonly number[], all: boolean): string {
  const [rows, columns] = shape.length === 1 ? [1, shape[0]] : [shape[0], shape[1]];
  const cells = ends(rows, all).map((row) => ends(columns, all).map((column) => {
    return row === undefined || column === undefined ? CUT : shortNumber(values[offset + row * columns + column]);
  }));
  const width = Math.max(0, ...cells.flat().map((cell) => cell.length));
  return cells.map((row) => row.map((cell) => cell.padStart(width)).join(' ')).join('\n');
}
