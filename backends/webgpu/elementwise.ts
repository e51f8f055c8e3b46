/** Elementwise operations and moves of data: expressions that wait, over those of their operands (waiting.ts, expression.ts). */

import type { Shape } from '../../src/array/host.ts';
import { sameShape, sizeOf } from '../../src/array/host.ts';
import { stridesOf } from '../../src/backend/axes.ts';
import type { MapFunction } from '../../src/backend/backend.ts';
import type { Binary } from '../../src/backend/table-backend.ts';
import { UnsupportedError } from '../../src/errors.ts';
import * as of from './expression.ts';
import type { Expression, Index } from './expression.ts';
import { fits } from './kernels/chain.ts';
import type { Stage, View } from './stage.ts';
import type { Source, Storage } from './values.ts';
import { compute, Waiting } from './waiting.ts';
import type { Use } from './waiting.ts';

export function map(d: Stage, f: MapFunction, x: View): Storage {
  return later(d, f, x.shape, [x], ['whole'], ([e]) => of.applied(f, [], e));
}

/** x · scale + shift. */
export function affine(d: Stage, x: View, scale: number, shift: number): Storage {
  return later(d, 'affine', x.shape, [x], ['whole'], ([e]) => of.applied('affine', [scale, shift], e));
}

/** An operand that broadcasts is computed first: else it were for each element of the result. */
export function binary(d: Stage, operation: Binary, shape: Shape, a: View, b: View): Storage {
  const uses = [a, b].map((x): Use => (sizeOf(x.shape) < sizeOf(shape) ? 'often' : 'whole'));
  return later(d, operation, shape, [a, b], uses, ([x, y]) => of.combined(operation, shape, x, y));
}

export function permute(d: Stage, shape: Shape, x: View, axes: readonly number[]): Storage {
  return later(d, 'permute', shape, [x], ['whole'], ([e]) => of.permuted(e, axes));
}

export function slice(d: Stage, shape: Shape, x: View, axis: number, start: number): Storage {
  const use = 2 * sizeOf(shape) < sizeOf(x.shape) ? 'part' : 'whole';
  return later(d, 'slice', shape, [x], [use], ([e]) => of.sliced(e, axis, start, shape[axis]));
}

export function expand(d: Stage, shape: Shape, x: View): Storage {
  return later(d, 'expand', shape, [x], ['often'], ([e]) => of.expanded(e, shape));
}

/** Each element of an axis so many times, as nearest neighbours are where one extent divides the other. */
export function repeat(d: Stage, x: View, axis: number, times: number): Storage {
  return later(d, 'resize', x.shape.with(axis, x.shape[axis] * times), [x], ['often'], ([e]) => of.repeated(e, axis, times, true));
}

/** Every part is computed into its place. What all of them repeat along other axes is written once: the result is a view then. */
export function concat(d: Stage, shape: Shape, xs: readonly View[], axis: number): Storage {
  if (sizeOf(shape) === 0) return d.make('concat', shape).storage;
  let parts = partsOf(d, xs, axis);
  const repeats: { readonly along: number; readonly times: number }[] = [];
  for (let along = 0; along < shape.length; along++) {
    if (along === axis) continue;
    for (;;) {
      const once = parts.map((e) => of.unrepeated(e, along));
      const times = once[0]?.times;
      if (times === undefined || !once.every((each) => each?.times === times)) break;
      parts = once.map((each) => each!.e);
      repeats.unshift({ along, times });
    }
  }
  const whole = repeats.reduce((to, { along, times }) => to.with(along, to[along] / times), [...shape]);
  const y = d.make('concat', whole);
  let start = 0;
  for (const e of parts) {
    const to = placeIn(whole, e, axis, start);
    compute(d.device, e, d.buffer(y), d.what('concat', whole), to);
    start += sizeOf(e.extents[axis]);
  }
  if (repeats.length === 0) return y.storage;
  const written = of.reshaped(of.loaded(y.storage.array, sizeOf(whole)), whole)!;
  const e = repeats.reduce((e, { along, times }) => of.repeated(e, along, times, true), written);
  const view = d.device.later(e, d.what('concat', shape));
  d.device.release(y.storage);
  return view;
}

/** The parts that are not empty; one that comes several times in succession is one. */
function partsOf(d: Stage, xs: readonly View[], axis: number): Expression<Source>[] {
  const parts: { readonly x: View; times: number }[] = [];
  for (const x of xs) {
    const last = parts.at(-1);
    if (sizeOf(x.shape) === 0) continue;
    if (last !== undefined && last.x.storage.array === x.storage.array && sameShape(last.x.shape, x.shape)) last.times++;
    else parts.push({ x, times: 1 });
  }
  const different = parts.map(({ x }) => x);
  const joined = (es: readonly Expression<Source>[]) => es.map((e, i) => of.repeated(e, axis, parts[i].times, false));
  const es = joined(expressionsOf(d, different, parts.map(({ times }): Use => (times > 2 ? 'often' : 'whole'))));
  return es.every(fits) ? es : joined(loadedFrom(d, different));
}

/** Where the elements of e are in an array of that shape, from `start` on along an axis. */
function placeIn(shape: Shape, { extents }: Expression<Source>, axis: number, start: number): Index {
  const strides = stridesOf(shape);
  return {
    start: start * strides[axis],
    strides: extents.flatMap((group, i) => stridesOf(group).map((stride) => stride * strides[i])),
  };
}

/** What is built of the operands' expressions; where that is too much for one launch, of their values. */
function later(
  d: Stage, operation: string, shape: Shape, xs: readonly View[], uses: readonly Use[],
  build: (es: readonly Expression<Source>[]) => Expression<Source> | undefined,
): Storage {
  if (sizeOf(shape) === 0) return d.make(operation, shape).storage;
  let e = build(expressionsOf(d, xs, uses));
  if (e === undefined || !fits(e)) e = build(loadedFrom(d, xs));
  if (e === undefined || !fits(e)) {
    throw new UnsupportedError(`webgpu has no launch for ${operation} of so many axes: [${shape.join(', ')}]`);
  }
  return d.device.later(e, d.what(operation, shape));
}

/** What operands that wait are made of, and loads of the others. Nothing is computed between the two, which could end sources. */
function expressionsOf(d: Stage, xs: readonly View[], uses: readonly Use[]): Expression<Source>[] {
  for (const [i, { shape, storage: { array: { value } } }] of xs.entries()) {
    const e = value instanceof Waiting ? value.offered(uses[i]) : undefined;
    if (e === undefined || of.reshaped(e, shape) === undefined) d.buffer(xs[i]);
  }
  return xs.map((x, i) => {
    const { value } = x.storage.array;
    const taken = value instanceof Waiting ? value.taken(uses[i]) : undefined;
    return taken === undefined ? loadOf(x) : of.reshaped(taken, x.shape)!;
  });
}

function loadedFrom(d: Stage, xs: readonly View[]): Expression<Source>[] {
  for (const x of xs) d.buffer(x);
  return xs.map(loadOf);
}

function loadOf({ shape, storage }: View): Expression<Source> {
  return of.reshaped(of.loaded(storage.array, sizeOf(shape)), shape)!;
}
