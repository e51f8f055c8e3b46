/** In the page: the backend webgpu itself, whose operations tests in Node call from outside (page-backend.ts). */

import { webgpuBackend } from '../../backends/webgpu/index.ts';
import { hostTensor, rowMajor, sameShape } from '../../src/array/host.ts';
import type { Shape } from '../../src/array/host.ts';
import type { Backend, Tensor } from '../../src/backend/backend.ts';
import { decode, encode } from './messages.ts';
import type { Argument, Call } from './page-backend.ts';

let b: Backend;
const tensors = new Map<number, Tensor>();

/** @returns the name of the adapter. */
export async function open(): Promise<string> {
  const backend = await webgpuBackend();
  b = backend;
  return backend.adapter;
}

/** Carries out the calls; of a read, which is the last one, the values come back. */
export async function apply(calls: readonly Call[]): Promise<string | undefined> {
  for (const { method, id, args } of calls) {
    const values = args.map(valueOf);
    if (method === 'read') return encode(rowMajor(await b.read(values[0] as Tensor)));
    if (method === 'release') {
      b.free(tensors.get(id));
      tensors.delete(id);
    } else {
      const operations = b as unknown as Record<string, (...args: unknown[]) => Tensor>;
      tensors.set(id, operations[method](...values));
    }
  }
  return undefined;
}

function valueOf(argument: Argument): unknown {
  if (argument === null || typeof argument !== 'object') return argument ?? undefined;
  if (Array.isArray(argument)) return argument.map(valueOf);
  if ('tensor' in argument) return shaped(tensors.get(argument.tensor as number)!, argument.shape as Shape);
  if ('floats' in argument) return hostTensor(decode(argument.floats as string), argument.shape as Shape);
  if ('integers' in argument) return Int32Array.from(argument.integers as number[]);
  if ('halves' in argument) return Uint16Array.from(argument.halves as number[]);
  return Object.fromEntries(Object.entries(argument).map(([key, value]) => [key, valueOf(value)]));
}

function shaped(x: Tensor, shape: Shape): Tensor {
  return sameShape(x.shape, shape) ? x : b.reshape(x, shape);
}
