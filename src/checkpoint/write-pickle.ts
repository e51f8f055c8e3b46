/** Pickles as torch.save writes them (protocol 2): {name: {key: tensor}}, or a tensor alone. */

import type { Shape } from '../array/host.ts';
import { sizeOf } from '../array/host.ts';

export interface PickledTensor {
  readonly key: string;
  readonly shape: Shape;
  /** torch.FloatStorage and the like, without the module. */
  readonly storageType: string;
}

/** The storage of the i-th tensor has the key `i`. */
export function picklesOf(name: string, tensors: readonly PickledTensor[]): Uint8Array {
  const state = tensors.map((tensor, i) => [...text(tensor.key), ...rebuilt(tensor, i)]);
  return Uint8Array.from([
    ...bytes('\x80\x02}'), ...text(name), ...ORDERED_DICT, ...MARK, ...state.flat(), ...bytes('us.'),
  ]);
}

/** Of one tensor alone; its storage has the key 0. */
export function pickleOf(tensor: PickledTensor): Uint8Array {
  return Uint8Array.from([...bytes('\x80\x02'), ...rebuilt(tensor, 0), ...bytes('.')]);
}

function rebuilt({ shape, storageType }: PickledTensor, i: number): number[] {
  return [
    ...global('torch._utils', '_rebuild_tensor_v2'),
    ...MARK,
    ...MARK, ...text('storage'), ...global('torch', storageType), ...text(String(i)), ...text('cpu'),
    ...integer(sizeOf(shape)), ...bytes('tQ'), // the persistent id
    ...integer(0), ...tuple(shape), ...tuple(strides(shape)),
    ...bytes('\x89'), ...ORDERED_DICT, // requires no gradient, has no hooks
    ...bytes('tR'),
  ];
}

const MARK = bytes('(');
const ORDERED_DICT = [...global('collections', 'OrderedDict'), ...bytes(')R')];

function bytes(characters: string): number[] {
  return Array.from(characters, (character) => character.charCodeAt(0));
}

function global(module: string, name: string): number[] {
  return bytes(`c${module}\n${name}\n`);
}

function text(value: string): number[] {
  const utf8 = new TextEncoder().encode(value);
  return [...bytes('X'), ...little(utf8.length, 4), ...utf8];
}

/** BININT for what fits in it, else LONG1. */
function integer(value: number): number[] {
  return value < 2 ** 31 ? [...bytes('J'), ...little(value, 4)] : [...bytes('\x8a'), 8, ...little(value, 8)];
}

function little(value: number, length: number): number[] {
  return Array.from({ length }, (_, i) => Math.floor(value / 256 ** i) % 256);
}

function tuple(values: readonly number[]): number[] {
  return [...MARK, ...values.flatMap(integer), ...bytes('t')];
}

function strides(shape: Shape): number[] {
  return shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
}
