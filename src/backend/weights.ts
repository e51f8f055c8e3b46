/**
 * Weights under their official state_dict keys.
 *
 * A {@link WeightStore} hands out the weights below a prefix when a part of the model is about to run: a
 * resident store has them on the device already; a streaming one uploads them into the part's scope.
 */

import type { HostTensor, Shape } from '../array/host.ts';
import { sameShape } from '../array/host.ts';
import { WeightError } from '../errors.ts';
import type { Backend, Tensor } from './backend.ts';

export interface Weights {
  /** @throws WeightError naming the full key if there is none. */
  get(key: string): Tensor;
  has(key: string): boolean;
  /** The weights below `prefix.` */
  at(prefix: string): Weights;
}

export interface WeightStore {
  /** Full key → shape of everything in the store. */
  readonly shapes: ReadonlyMap<string, Shape>;
  /** The weights below `prefix.`, ready for use in the scope of `b`; all for ''. */
  load(b: Backend, prefix: string): Promise<Weights>;
  /** One weight by its full key, likewise. */
  tensor(b: Backend, key: string): Promise<Tensor>;
}

/** Uploads everything once; every load returns the same tensors. */
export function residentWeights(b: Backend, values: ReadonlyMap<string, HostTensor>): WeightStore {
  const tensors = new Map<string, Tensor>();
  for (const [key, value] of values) tensors.set(key, b.upload(value));
  const all = weightsAt(tensors, '');
  return {
    shapes: new Map([...values].map(([key, value]) => [key, value.shape])),
    load: (_scope, prefix) => Promise.resolve(prefix === '' ? all : all.at(prefix)),
    tensor: async (_scope, key) => all.get(key),
  };
}

/** Weights of these shapes that nobody has: whoever asks for one is told that it is missing. */
export function absentWeights(shapes: ReadonlyMap<string, Shape>): WeightStore {
  const none = weightsAt(new Map(), '');
  return { shapes, load: (_scope, prefix) => Promise.resolve(prefix === '' ? none : none.at(prefix)), tensor: async (_scope, key) => none.get(key) };
}

/** A view of `tensors` below a prefix that is empty or ends with a dot. */
export function weightsAt(tensors: ReadonlyMap<string, Tensor>, prefix: string): Weights {
  return new WeightsBelow(tensors, prefix);
}

class WeightsBelow implements Weights {
  // Made once: every layer of every step asks for its own, and joining keys would cost more than finding them.
  private readonly parts = new Map<string, Weights>();
  private readonly found = new Map<string, Tensor | undefined>();

  constructor(
    private readonly tensors: ReadonlyMap<string, Tensor>,
    private readonly prefix: string,
  ) {}

  get(key: string): Tensor {
    const tensor = this.find(key);
    if (tensor === undefined) throw new WeightError(this.prefix + key, 'missing');
    return tensor;
  }

  has(key: string): boolean {
    return this.find(key) !== undefined;
  }

  at(inner: string): Weights {
    let part = this.parts.get(inner);
    if (part === undefined) {
      part = weightsAt(this.tensors, `${this.prefix}${inner}.`);
      this.parts.set(inner, part);
    }
    return part;
  }

  private find(key: string): Tensor | undefined {
    let tensor = this.found.get(key);
    if (tensor === undefined && !this.found.has(key)) {
      tensor = this.tensors.get(this.prefix + key);
      this.found.set(key, tensor);
    }
    return tensor;
  }
}

/** @throws WeightError naming the first key whose shape is not the expected one, or that is missing. */
export function checkShapes(store: Pick<WeightStore, 'shapes'>, expected: ReadonlyMap<string, Shape>): void {
  for (const [key, shape] of expected) {
    const got = store.shapes.get(key);
    if (got === undefined) throw new WeightError(key, `missing, expected shape [${shape.join(', ')}]`);
    if (!sameShape(got, shape)) {
      throw new WeightError(key, `expected shape [${shape.join(', ')}], got [${got.join(', ')}]`);
    }
  }
}
