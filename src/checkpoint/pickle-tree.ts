/**
 * A pickle builds a graph: parts can be shared, so that a short program makes a value of astronomic size when it is
 * written out, and a list can hold itself. Everything that walks over a checkpoint goes by its paths; this checks
 * first that the paths are a tree of bounded depth and size.
 */

import { FileError } from '../errors.ts';
import type { PickleValue } from './pickle-values.ts';
import { childrenOf } from './pickle-values.ts';

const MAX_DEPTH = 100;
/** Values when all sharing is written out. */
const MAX_VALUES = 1_000_000;

interface Extent {
  readonly depth: number;
  readonly values: number;
}

interface Visit {
  readonly value: PickleValue;
  readonly rest: Iterator<PickleValue>;
  depth: number;
  values: number;
}

/** @throws FileError if the value is no tree of bounded depth and size. In linear time, without recursion. */
export function checkTree(root: PickleValue, file: string): void {
  const known = new Map<PickleValue, Extent>();
  const open = new Set<PickleValue>();
  const path: Visit[] = [];
  const enter = (value: PickleValue): void => {
    if (open.has(value)) throw new FileError(file, 'is refused: a container holds itself');
    open.add(value);
    path.push({ value, rest: childrenOf(value)[Symbol.iterator](), depth: 0, values: 1 });
    if (path.length > MAX_DEPTH) throw new FileError(file, `is refused: it is nested more than ${MAX_DEPTH} deep`);
  };
  const add = (visit: Visit, child: Extent): void => {
    visit.depth = Math.max(visit.depth, child.depth + 1);
    visit.values += child.values;
    if (visit.depth > MAX_DEPTH) throw new FileError(file, `is refused: it is nested more than ${MAX_DEPTH} deep`);
    if (visit.values > MAX_VALUES) throw new FileError(file, `is refused: it has more than ${MAX_VALUES} values`);
  };
  enter(root);
  for (let visit = path.at(-1); visit !== undefined; visit = path.at(-1)) {
    const next = visit.rest.next();
    if (next.done !== true) {
      const child = next.value;
      const extent = isLeaf(child) ? { depth: 0, values: 1 } : known.get(child);
      if (extent === undefined) enter(child);
      else add(visit, extent);
      continue;
    }
    path.pop();
    open.delete(visit.value);
    known.set(visit.value, visit);
    const parent = path.at(-1);
    if (parent !== undefined) add(parent, visit);
  }
}

function isLeaf(value: PickleValue): boolean {
  return value === null || typeof value !== 'object';
}
