/**
 * What a device kernel is here: a top-level `function` declaration, of which gpu.js takes the source text, run once for
 * every element of the result, `this.thread.x` its index. The texts lie in kernels.generated.ts (`npm run build:gpujs`), for
 * programs are minified, and what a minifier makes of a function gpu.js does not translate.
 *
 * Every tensor is a one-dimensional array on the device; shapes come as integer arguments. The first of them is always
 * `size`, the number of elements wanted: it may run for more (see `classOf` in device.ts), so a kernel returns 0 beyond.
 * Kernels call no function of this program but `quotient`, which is translated with them.
 */

import type { IKernelFunctionThis } from 'gpu.js';

export type This = IKernelFunctionThis;

/** `tensor`: a resident array; `integer`: exact up to 2²⁴; `number`: float32. */
export type Parameter = 'tensor' | 'integer' | 'number';

export interface Kernel {
  /** Of the operation, for errors and counts. */
  readonly name: string;
  /** Its text: a function declaration. */
  readonly source: string;
  /** Of `source`, in order. */
  readonly parameters: readonly Parameter[];
}

/** A kernel as it is written in this folder. */
export interface WrittenKernel extends Omit<Kernel, 'source'> {
  readonly source: (this: This, ...args: never[]) => number;
}

/** @param parameters after the tensors: 'integer' each, unless `numbers` names how many at the end are float32. */
export function kernel(name: string, source: WrittenKernel['source'], tensors: number, numbers = 0): WrittenKernel {
  const integers = source.length - tensors - numbers;
  const repeat = (count: number, parameter: Parameter): Parameter[] => new Array<Parameter>(count).fill(parameter);
  return { name, source, parameters: [...repeat(tensors, 'tensor'), ...repeat(integers, 'integer'), ...repeat(numbers, 'number')] };
}

declare global {
  /** ⌊i / n⌋ for integers from 0 to 2²⁴; exists on the device only. */
  function quotient(i: number, n: number): number;
}

/**
 * The one function that kernels may call. Devices divide in single precision and not always to the last bit, so the
 * rounded quotient is corrected by its remainder, which is exact.
 */
export const QUOTIENT = `function quotient(i, n) {
  let q = Math.floor(i / n);
  const r = i - q * n;
  if (r < 0) { q = q - 1; }
  if (r >= n) { q = q + 1; }
  return q;
}`;
