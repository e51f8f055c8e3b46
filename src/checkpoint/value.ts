/** What a checkpoint holds: a tree of containers, constants and tensors, whatever its format. */

import { ELEMENT_SIZES } from '../io/element-type.ts';
import type { PickleKey } from './pickle-values.ts';
import type { StoredTensor } from './stored-tensor.ts';

export type CheckpointFormat = 'safetensors' | 'gguf' | 'npz' | 'torch zip' | 'torch legacy';

/** Python's int is `bigint`, its float `number`. */
export type CheckpointValue = PickleKey | CheckpointDict | CheckpointList | CheckpointOpaque | StoredTensor;

export interface CheckpointDict {
  readonly kind: 'dict';
  /** In file order. */
  readonly entries: ReadonlyMap<PickleKey, CheckpointValue>;
  readonly ordered: boolean;
}

export interface CheckpointList {
  readonly kind: 'list' | 'tuple';
  readonly items: readonly CheckpointValue[];
}

/** A constant that is only shown. */
export interface CheckpointOpaque {
  readonly kind: 'opaque';
  readonly text: string;
}

export interface Checkpoint {
  readonly name: string;
  readonly format: CheckpointFormat;
  /** For safetensors a dict of tensors. */
  readonly value: CheckpointValue;
  /** Notes of a safetensors file; torch.save knows none. */
  readonly metadata: ReadonlyMap<string, string>;
  close(): Promise<void>;
}

export function isDict(value: CheckpointValue | undefined): value is CheckpointDict {
  return isObject(value) && 'kind' in value && value.kind === 'dict';
}

export function isList(value: CheckpointValue | undefined): value is CheckpointList {
  return isObject(value) && 'kind' in value && (value.kind === 'list' || value.kind === 'tuple');
}

export function isOpaque(value: CheckpointValue | undefined): value is CheckpointOpaque {
  return isObject(value) && 'kind' in value && value.kind === 'opaque';
}

export function isTensor(value: CheckpointValue | undefined): value is StoredTensor {
  return isObject(value) && 'bytes' in value;
}

function isObject(value: CheckpointValue | undefined): value is Exclude<CheckpointValue, PickleKey> {
  return typeof value === 'object' && value !== null;
}

/** Bytes of all elements. */
export function tensorBytes({ type, shape }: StoredTensor): number {
  return shape.reduce((product, extent) => product * extent, ELEMENT_SIZES[type]);
}
