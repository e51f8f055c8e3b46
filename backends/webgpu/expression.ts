/**
 * Elementwise expressions over arrays, and views of them:
 *
 *   e[i] = f(x₁[a₁(i)], x₂[a₂(i)], …),   aₖ(i) = startₖ + Σₙ iₙ · strideₖₙ
 *
 * Maps and broadcast operations extend f; permuting, slicing and repeating change starts and strides alone, so they cost
 * nothing until e is computed. An axis of the shape may be several axes of i, so that axes which have been joined, or whose
 * elements have been repeated, are still walked by strides.
 */

import type { Shape } from '../../src/array/host.ts';
import { sizeOf } from '../../src/array/host.ts';
import type { MapFunction } from '../../src/backend/backend.ts';
import type { Binary } from '../../src/backend/table-backend.ts';

export type Operation = MapFunction | Binary | 'affine';

/** Where a load finds element i: `strides` are those of `extents.flat()`. */
export interface Index {
  readonly start: number;
  readonly strides: readonly number[];
}

export type Term<Source> =
  | { readonly source: Source; readonly at: Index }
  | { readonly operation: Operation; readonly of: readonly Term<Source>[]; readonly numbers: readonly number[] };

export interface Expression<Source> {
  /** For every axis of the shape, the axes that it is made of, without those of extent 1. No extent is 0. */
  readonly extents: readonly (readonly number[])[];
  readonly term: Term<Source>;
}

/** The elements of a row-major array, as one axis. */
export function loaded<Source>(source: Source, size: number): Expression<Source> {
  return { extents: [size === 1 ? [] : [size]], term: { source, at: { start: 0, strides: size === 1 ? [] : [1] } } };
}

export function shapeOf({ extents }: Expression<unknown>): number[] {
  return extents.map(sizeOf);
}

/** All loads of a term, from left to right. */
export function loadsOf<Source>(term: Term<Source>): { readonly source: Source; readonly at: Index }[] {
  return 'source' in term ? [term] : term.of.flatMap(loadsOf);
}

/** Operations of a term. */
export function workOf(term: Term<unknown>): number {
  return 'source' in term ? 0 : term.of.reduce((sum, each) => sum + workOf(each), 1);
}

/** The same elements as another shape; undefined where its axes do not divide those that there are. */
export function reshaped<Source>(e: Expression<Source>, shape: Shape): Expression<Source> | undefined {
  const fine = refinement(e.extents.flat(), shape);
  if (fine === undefined) return undefined;
  let next = 0;
  const extents = shape.map((extent) => {
    const group: number[] = [];
    for (let size = 1; size < extent; size *= fine[next++]) group.push(fine[next]);
    return group;
  });
  return { extents, term: refined(e, fine) };
}

/** Axis i is axis axes[i] of e. */
export function permuted<Source>(e: Expression<Source>, axes: readonly number[]): Expression<Source> {
  const first = firsts(e);
  const picks = axes.flatMap((axis) => e.extents[axis].map((_, i) => first[axis] + i));
  return { extents: axes.map((axis) => e.extents[axis]), term: picked(e.term, picks) };
}

/** `length` elements along an axis from `start` on; undefined where that cuts an axis inside of it. */
export function sliced<Source>(
  e: Expression<Source>, axis: number, start: number, length: number,
): Expression<Source> | undefined {
  const [outer, ...rest] = e.extents[axis];
  const inner = sizeOf(rest);
  if (outer === undefined) return e;
  if (start % inner !== 0 || length % inner !== 0) return undefined;
  const at = firsts(e)[axis];
  const moved = reindexed(e.term, ({ start: before, strides }) => ({ start: before + (start / inner) * strides[at], strides }));
  const extents = e.extents.with(axis, [length / inner, ...rest]);
  return length > inner ? { extents, term: moved } : { extents: extents.with(axis, rest), term: picked(moved, others(e, at)) };
}

/** Along an axis, the whole `times` times, or each element so many times. */
export function repeated<Source>(e: Expression<Source>, axis: number, times: number, each: boolean): Expression<Source> {
  if (times === 1) return e;
  const group = e.extents[axis];
  const at = firsts(e)[axis] + (each ? group.length : 0);
  const picks = e.extents.flat().map((_, i) => i).toSpliced(at, 0, -1);
  return { extents: e.extents.with(axis, each ? [...group, times] : [times, ...group]), term: picked(e.term, picks) };
}

/** What undoes `repeated(…, times, true)`, and `times`; undefined where the elements of an axis are not repeated. */
export function unrepeated<Source>(e: Expression<Source>, axis: number): { e: Expression<Source>; times: number } | undefined {
  const group = e.extents[axis];
  const times = group.at(-1);
  const at = firsts(e)[axis] + group.length - 1;
  if (times === undefined || loadsOf(e.term).some(({ at: { strides } }) => strides[at] !== 0)) return undefined;
  return { e: { extents: e.extents.with(axis, group.slice(0, -1)), term: picked(e.term, others(e, at)) }, times };
}

/** Repeats axes of extent 1, aligned at the end. */
export function expanded<Source>(e: Expression<Source>, shape: Shape): Expression<Source> {
  const missing = new Array<number[]>(shape.length - e.extents.length).fill([]);
  const start: Expression<Source> = { extents: [...missing, ...e.extents], term: e.term };
  return shape.reduce((x, extent, axis) => (sizeOf(x.extents[axis]) === extent ? x : repeated(x, axis, extent, true)), start);
}

export function applied<Source>(operation: Operation, numbers: readonly number[], e: Expression<Source>): Expression<Source> {
  return { extents: e.extents, term: { operation, of: [e.term], numbers } };
}

/** a ∘ b of shapes that broadcast to `shape`; undefined where an axis is made of others in a than in b. */
export function combined<Source>(
  operation: Binary, shape: Shape, a: Expression<Source>, b: Expression<Source>,
): Expression<Source> | undefined {
  const [x, y] = [expanded(a, shape), expanded(b, shape)];
  const extents = x.extents.map((group, axis) => refinement(group, y.extents[axis]));
  if (!extents.every((group) => group !== undefined)) return undefined;
  const fine = extents.flat();
  return { extents, term: { operation, of: [refined(x, fine), refined(y, fine)], numbers: [] } };
}

/** The fewest axes that divide both lists of extents, whose products are equal; undefined where there are none. */
function refinement(a: readonly number[], b: readonly number[]): number[] | undefined {
  const [left, right] = [a, b].map((extents) => extents.filter((extent) => extent !== 1));
  const fine: number[] = [];
  while (left.length > 0) {
    const [x, y] = [left.pop()!, right.pop()!];
    const n = Math.min(x, y);
    if (x % n !== 0 || y % n !== 0) return undefined;
    fine.push(n);
    if (x > n) left.push(x / n);
    if (y > n) right.push(y / n);
  }
  return fine.reverse();
}

/** The term over axes that divide those of e. */
function refined<Source>(e: Expression<Source>, fine: readonly number[]): Term<Source> {
  const coarse = e.extents.flat();
  const axes: number[] = [];
  const factors: number[] = [];
  let size = 1;
  for (let axis = coarse.length - 1, i = fine.length - 1; i >= 0; i--) {
    axes[i] = axis;
    factors[i] = size;
    size *= fine[i];
    if (size === coarse[axis]) [size, axis] = [1, axis - 1];
  }
  return reindexed(e.term, ({ start, strides }) => ({ start, strides: axes.map((axis, i) => strides[axis] * factors[i]) }));
}

/** The term over axes of which each is one of before, or repeats (−1). */
function picked<Source>(term: Term<Source>, picks: readonly number[]): Term<Source> {
  return reindexed(term, ({ start, strides }) => ({ start, strides: picks.map((axis) => (axis < 0 ? 0 : strides[axis])) }));
}

function reindexed<Source>(term: Term<Source>, f: (at: Index) => Index): Term<Source> {
  if ('source' in term) return { source: term.source, at: f(term.at) };
  return { ...term, of: term.of.map((each) => reindexed(each, f)) };
}

/** For every axis of the shape, the first one of `extents.flat()` that it is made of. */
function firsts({ extents }: Expression<unknown>): number[] {
  let next = 0;
  return extents.map(({ length }) => (next += length) - length);
}

/** All axes but one. */
function others({ extents }: Expression<unknown>, at: number): number[] {
  return extents.flat().map((_, i) => i).toSpliced(at, 1);
}
