/**
 * What the pickle of a PyTorch file stands for: storages, which are runs of elements elsewhere in the file, and
 * tensors, which are strided views of them. Only described here; nothing is read or allocated.
 *
 * Formats as of torch/serialization.py, torch/_utils.py and torch/_tensor.py.
 */

import { FileError } from '../errors.ts';
import type { Shape } from '../array/host.ts';
import { MOST_AXES } from '../io/memory-budget.ts';
import type { ElementType } from '../io/element-type.ts';
import { ELEMENT_SIZES } from '../io/element-type.ts';
import type { PickleValue } from './pickle-values.ts';
import { PickleObject, PickleOpaque, PickleTuple } from './pickle-values.ts';

/** A global such as torch.FloatStorage. */
export class StorageType extends PickleObject {
  constructor(readonly type: ElementType) {
    super();
  }
}

/** A global such as torch.float16. */
export class TorchType extends PickleOpaque {
  constructor(
    text: string,
    readonly type: ElementType,
  ) {
    super(text);
  }
}

/** The elements [start, start + length) of the record `key` with `total` elements. */
export class Storage extends PickleObject {
  constructor(
    readonly key: string,
    readonly type: ElementType,
    readonly total: number,
    readonly start: number,
    readonly length: number,
  ) {
    super();
  }

  /** The same bytes as elements of another type; a rest that is no whole element belongs to none. */
  as(type: ElementType): Storage {
    const scale = ELEMENT_SIZES[this.type] / ELEMENT_SIZES[type];
    const [total, start, length] = [this.total, this.start, this.length].map((count) => Math.floor(count * scale));
    return new Storage(this.key, type, total, start, length);
  }
}

export class TorchTensor extends PickleObject {
  constructor(
    readonly storage: Storage,
    /** In elements, from the start of the storage. */
    readonly offset: number,
    readonly shape: Shape,
    /** In elements. */
    readonly stride: Shape,
    /** Whether it was an nn.Parameter. */
    readonly parameter: boolean,
    /** Whether its values are the negatives of the stored ones: a view that PyTorch negates when it is used. */
    readonly negated = false,
  ) {
    super();
  }

  with(change: { readonly parameter?: boolean; readonly negated?: boolean }): TorchTensor {
    const { parameter, negated } = { ...this, ...change };
    return new TorchTensor(this.storage, this.offset, this.shape, this.stride, parameter, negated);
  }
}

/** Views may repeat elements (`expand`), but not make much out of little. */
const MAX_REPEATED = 2 ** 24;

/**
 * A view, checked to lie within its storage.
 * @throws FileError if it does not.
 */
export function checkedTensor(
  file: string,
  storage: PickleValue | undefined,
  offset: PickleValue | undefined,
  size: PickleValue | undefined,
  stride: PickleValue | undefined,
): TorchTensor {
  const fail = (problem: string): never => {
    throw new FileError(file, `is damaged: a tensor ${problem}`);
  };
  if (!(storage instanceof Storage)) return fail('has no storage');
  const where = `of storage '${storage.key}'`;
  const start = count(offset) ?? fail(`${where} has an impossible offset`);
  if (size instanceof PickleTuple && size.items.length > MOST_AXES) fail(`${where} has ${size.items.length} axes; at most ${MOST_AXES} are read`);
  const extents = counts(size) ?? fail(`${where} has a size that is no tuple of counts`);
  const steps = counts(stride) ?? fail(`${where} has a stride that is no tuple of counts`);
  if (extents.length !== steps.length) fail(`${where} has ${extents.length} sizes and ${steps.length} strides`);
  let elements = 1;
  let last = start;
  extents.forEach((extent, axis) => {
    elements *= extent;
    last += (extent - 1) * steps[axis];
    if (!Number.isSafeInteger(elements) || !Number.isSafeInteger(last)) fail(`${where} has an absurd size`);
  });
  if (elements > 0 && last >= storage.length) {
    fail(`${where} reaches to element ${last}; the storage has ${storage.length}`);
  }
  if (elements > Math.max(storage.length, MAX_REPEATED)) {
    fail(`${where} repeats its ${storage.length} elements to make ${elements}`);
  }
  return new TorchTensor(storage, start, extents, steps, false);
}

/** A Python int that is a count, as a number. */
export function count(value: PickleValue | undefined): number | undefined {
  if (typeof value !== 'bigint' || value < 0n || value > BigInt(Number.MAX_SAFE_INTEGER)) return undefined;
  return Number(value);
}

function counts(value: PickleValue | undefined): number[] | undefined {
  if (!(value instanceof PickleTuple)) return undefined;
  const numbers = value.items.map(count);
  return numbers.every((number) => number !== undefined) ? numbers : undefined;
}
