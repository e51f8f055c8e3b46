/**
 * What a pickle can build here: constants, containers, and objects of the few permitted globals. Containers are
 * classes of their own, on maps and arrays, so that no key of a file ever becomes a property of an object.
 */

export type PickleKey = null | boolean | bigint | number | string;

/** Python's int is `bigint`, its float `number`. */
export type PickleValue =
  | PickleKey | Uint8Array | PickleDict | PickleList | PickleTuple | PickleObject;

export class PickleDict {
  readonly entries = new Map<PickleKey, PickleValue>();

  /** @param ordered whether it was an OrderedDict. */
  constructor(readonly ordered: boolean) {}
}

export class PickleList {
  readonly items: PickleValue[] = [];
}

export class PickleTuple {
  constructor(readonly items: readonly PickleValue[]) {}
}

/** What a permitted global stands for or makes: the machine hands it on without looking inside. */
export abstract class PickleObject {
  declare protected readonly nominal: never;
}

/** A permitted global that can be called. */
export class PickleFunction extends PickleObject {
  constructor(
    readonly name: string,
    readonly call: (args: readonly PickleValue[]) => PickleValue,
  ) {
    super();
  }
}

/** A constant that nobody here needs to understand, as it is written. */
export class PickleOpaque extends PickleObject {
  constructor(readonly text: string) {
    super();
  }
}

export function isPickleKey(value: PickleValue): value is PickleKey {
  return value === null || ['boolean', 'bigint', 'number', 'string'].includes(typeof value);
}

/** The items of a list or tuple, the values of a dict; nothing for all others. */
export function childrenOf(value: PickleValue): Iterable<PickleValue> {
  if (value instanceof PickleDict) return value.entries.values();
  return value instanceof PickleList || value instanceof PickleTuple ? value.items : [];
}
