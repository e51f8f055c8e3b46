/** The backend webgpu of a page (page-host.ts) as one in Node: operations are sent when something is read. */

import { join } from 'node:path';
import { build } from 'esbuild';
import type { Page } from 'playwright-core';
import type { HostTensor, Shape } from '../../src/array/host.ts';
import { hostTensor, rowMajor } from '../../src/array/host.ts';
import type { StoredValues } from '../../src/array/stored.ts';
import { isHalf, widened } from '../../src/array/stored.ts';
import type { MapFunction, MatmulOptions, ResizeMode } from '../../src/backend/backend.ts';
import { Scope } from '../../src/backend/ownership.ts';
import { TableBackend } from '../../src/backend/table-backend.ts';
import type { Binary, Operations, Resizing, View as ViewOf } from '../../src/backend/table-backend.ts';
import { decode, encode } from './messages.ts';

/** JSON, with tensors, and typed arrays as objects of one name: `tensor`, `floats`, `integers`, `halves`. */
export type Argument = number | string | boolean | null | readonly Argument[] | { readonly [key: string]: Argument };

/** Of a method of the backend; the result is known by `id`. */
export interface Call {
  readonly method: string;
  readonly id: number;
  readonly args: readonly Argument[];
}

/** A tensor of the page, by its number. */
interface Remote {
  readonly id: number;
}

type View = ViewOf<Remote>;

export class PageBackend extends TableBackend<Remote> {
  readonly name = 'webgpu';

  constructor(private readonly calls: Calls, tensors: Scope<Remote> = Scope.root(calls)) {
    super(tensors, new PageOperations(calls));
  }

  /** @param page of a server, for WebGPU is for secure places only. */
  static async open(page: Page): Promise<PageBackend> {
    const { outputFiles } = await build({
      entryPoints: [join(import.meta.dirname, 'page-host.ts')], bundle: true, write: false, format: 'iife',
      globalName: 'pageHost', platform: 'browser', target: 'es2022', logLevel: 'silent', external: ['node:*'],
    });
    await page.addScriptTag({ content: outputFiles[0].text });
    return new PageBackend(new Calls(page, await page.evaluate<string>('pageHost.open()')));
  }

  get adapter(): string {
    return this.calls.adapter;
  }

  /** Its page is closed by who has opened it. */
  async close(): Promise<void> {}

  protected within(tensors: Scope<Remote>): PageBackend {
    return new PageBackend(this.calls, tensors);
  }
}

class Calls {
  readonly name = 'webgpu';
  private waiting: Call[] = [];
  private last = 0;

  constructor(private readonly page: Page, readonly adapter: string) {}

  add(method: string, ...args: readonly Argument[]): Remote {
    const id = ++this.last;
    this.waiting.push({ method, id, args });
    return { id };
  }

  release({ id }: Remote): void {
    this.waiting.push({ method: 'release', id, args: [] });
  }

  async read(x: View): Promise<HostTensor> {
    const calls: Call[] = [...this.waiting, { method: 'read', id: 0, args: [tensor(x)] }];
    this.waiting = [];
    return hostTensor(decode(await this.page.evaluate<string>(`pageHost.apply(${JSON.stringify(calls)})`)), x.shape);
  }
}

class PageOperations implements Operations<Remote> {
  constructor(private readonly calls: Calls) {}

  upload(shape: Shape, values: StoredValues): Remote {
    if (isHalf(values)) return this.calls.add('upload', { type: values.type, bits: { halves: [...values.bits] }, shape });
    return this.calls.add('upload', { floats: encode(rowMajor(widened(values))), shape });
  }

  read(x: View): Promise<HostTensor> {
    return this.calls.read(x);
  }

  share(x: View): Remote {
    return this.calls.add('reshape', tensor(x), x.shape);
  }

  matmul(_shape: Shape, a: View, b: View, flags: MatmulOptions, bias: View | undefined): Remote {
    const { transposeA = false, transposeB = false } = flags;
    const options = { transposeA, transposeB, ...(bias === undefined ? {} : { bias: tensor(bias) }) };
    return this.calls.add('matmul', tensor(a), tensor(b), options);
  }

  conv3d(_shape: Shape, x: View, weight: View, bias: View | undefined): Remote {
    return this.calls.add('conv3d', tensor(x), tensor(weight), maybe(bias));
  }

  softmax(x: View): Remote {
    return this.calls.add('softmax', tensor(x));
  }

  binary(operation: Binary, _shape: Shape, a: View, b: View): Remote {
    return this.calls.add(operation, tensor(a), tensor(b));
  }

  affine(x: View, scale: number, shift: number): Remote {
    return this.calls.add('affine', tensor(x), scale, shift);
  }

  map(f: MapFunction, x: View): Remote {
    return this.calls.add('map', f, tensor(x));
  }

  sum(_shape: Shape, x: View, axes: readonly number[]): Remote {
    return this.calls.add('sum', tensor(x), axes);
  }

  rmsNorm(x: View, weight: View, epsilon: number): Remote {
    return this.calls.add('rmsNorm', tensor(x), tensor(weight), epsilon);
  }

  l2Normalize(x: View, axis: number, gain: View | undefined): Remote {
    return this.calls.add('l2Normalize', tensor(x), axis, maybe(gain));
  }

  permute(_shape: Shape, x: View, axes: readonly number[]): Remote {
    return this.calls.add('permute', tensor(x), axes);
  }

  concat(_shape: Shape, xs: readonly View[], axis: number): Remote {
    return this.calls.add('concat', xs.map(tensor), axis);
  }

  slice(shape: Shape, x: View, axis: number, start: number): Remote {
    return this.calls.add('slice', tensor(x), axis, start, start + shape[axis]);
  }

  expand(shape: Shape, x: View): Remote {
    return this.calls.add('expand', tensor(x), shape);
  }

  take(_shape: Shape, x: View, rows: Int32Array): Remote {
    return this.calls.add('take', tensor(x), { integers: [...rows] });
  }

  resize(direction: Resizing, shape: Shape, x: View, mode: ResizeMode): Remote {
    return this.calls.add(direction, tensor(x), shape.slice(2), mode);
  }

  rotary(x: View, rope: View): Remote {
    return this.calls.add('rotary', tensor(x), tensor(rope));
  }

  conv3dWeightGradient(shape: Shape, x: View, gradient: View): Remote {
    return this.calls.add('conv3dWeightGradient', tensor(x), tensor(gradient), shape.slice(2));
  }

  mapGradient(f: MapFunction, x: View, gradient: View): Remote {
    return this.calls.add('mapGradient', f, tensor(x), tensor(gradient));
  }

  l2NormalizeGradient(x: View, gradient: View, axis: number, gain: View | undefined): Remote {
    return this.calls.add('l2NormalizeGradient', tensor(x), tensor(gradient), axis, maybe(gain));
  }
}

function tensor({ shape, storage }: View): Argument {
  return { tensor: storage.id, shape };
}

function maybe(x: View | undefined): Argument {
  return x === undefined ? null : tensor(x);
}
