/**
 * GGUF files, version 3, in numbers: "GGUF", version, how many tensors and notes, the notes (key, type, value), the tensors'
 * descriptions (name, extents from the last axis to the first, type, place), then their data, each at a multiple of the
 * alignment. All little endian. Format: ggml, docs/gguf.md.
 */

import type { BlockType } from '../array/block-matrix.ts';

export const MAGIC = 0x46554747; // "GGUF"
export const VERSION = 3;
export const ALIGNMENT = 32;
/** The format's own limit. */
export const MAX_RANK = 4;

/** A note's value. Whole numbers of 64 bits are `bigint`s. */
export type GgufScalar = number | bigint | boolean | string;

export type GgufValue = GgufScalar | readonly GgufScalar[];

export const VALUE_TYPES = [
  'uint8', 'int8', 'uint16', 'int16', 'uint32', 'int32', 'float32', 'bool', 'string', 'array', 'uint64', 'int64', 'float64',
] as const;

export type ValueType = (typeof VALUE_TYPES)[number];

/** Types of tensors that this code reads, by their number in the file. */
export type GgufType = 'f32' | 'f16' | 'bf16' | BlockType;

export const TENSOR_TYPES: ReadonlyMap<number, GgufType> = new Map([
  [0, 'f32'], [1, 'f16'], [2, 'q4_0'], [8, 'q8_0'], [12, 'q4_k'], [30, 'bf16'],
]);

/** Others that are known, for a message: layouts that this code does not read. */
export const OTHER_TYPES: ReadonlyMap<number, string> = new Map([
  [3, 'q4_1'], [6, 'q5_0'], [7, 'q5_1'], [9, 'q8_1'], [10, 'q2_k'], [11, 'q3_k'], [13, 'q5_k'], [14, 'q6_k'], [15, 'q8_k'],
  [16, 'iq2_xxs'], [17, 'iq2_xs'], [18, 'iq3_xxs'], [19, 'iq1_s'], [20, 'iq4_nl'], [21, 'iq3_s'], [22, 'iq2_s'], [23, 'iq4_xs'],
  [24, 'i8'], [25, 'i16'], [26, 'i32'], [27, 'i64'], [28, 'f64'], [29, 'iq1_m'],
]);
