/**
 * `npx tsx bench/tune-webgpu.ts`: times every tile of the WebGPU backend on products of the models, and prints the best by
 * classes of shapes, in the form of backends/webgpu/tile-table.ts.
 *
 *   npx tsx bench/tune-webgpu.ts                    on the adapter that the system offers first
 *   npx tsx bench/tune-webgpu.ts --rounds 9         more of them, on a busy machine
 *   npx tsx bench/tune-webgpu.ts --only conv3d
 *
 * Tiles take turns, so that what else runs disturbs all of them alike. Cards are timed by their own clock. Adapters in software
 * compute in threads of this process, whose processor time the system tells (Linux), and neighbours hardly change.
 */

import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { Command, Option } from 'commander';
import { WebgpuBackend } from '../backends/webgpu/backend.ts';
import { WebgpuDevice } from '../backends/webgpu/device.ts';
import { TILES } from '../backends/webgpu/kernels/tile.ts';
import type { TileName } from '../backends/webgpu/kernels/tile.ts';
import { LARGE, TILE_TABLES } from '../backends/webgpu/tile-table.ts';
import type { ShapeClass, Way } from '../backends/webgpu/tile-table.ts';
import { findAdapter } from '../src/backend/webgpu-adapter.ts';
import type { Tensor } from '../src/backend/backend.ts';
import { wholeNumber } from '../src/cli/options.ts';
import { UnsupportedError } from '../src/errors.ts';
import { settled } from './generation.ts';
import { median } from './measure.ts';
import { noise } from './models.ts';
import { PRODUCTS } from './products.ts';
import type { Product } from './products.ts';

const TILE_NAMES = Object.keys(TILES) as TileName[];

/** The least seconds of a measurement: launches are repeated for so long. */
const SHORTEST = 0.02;

/** Of one product: seconds of every way, run by run. */
interface Timed {
  readonly product: Product;
  readonly seconds: ReadonlyMap<Way, number[]>;
}

/** A device whose tile is chosen from outside, and its clock. */
async function open(): Promise<{ b: WebgpuBackend; choose: (way: Way) => void; clock: () => number; software: boolean }> {
  const { adapter, name, software } = await findAdapter({ powerPreference: 'high-performance' });
  const stamps = adapter.features.has('timestamp-query');
  const threads = software && existsSync('/proc/self/task');
  if (!threads && !stamps) throw new UnsupportedError(`${name} has no clock of its own (timestamp-query)`);
  const gpu = await adapter.requestDevice({ requiredFeatures: threads ? [] : ['timestamp-query'] });
  const all: { small: Way; large: Way; rows: number } = { rows: Infinity, small: '64×64', large: '64×64' };
  const tiles = { matmul: [all], conv3d: [all as ShapeClass<TileName>] };
  const b = new WebgpuBackend(new WebgpuDevice(gpu, name, software, { tiles, timed: !threads }));
  print(`adapter   ${name}${software ? ', in software' : ''}`);
  print(`clock     ${threads ? 'of the processor, all threads but the host\'s' : 'the adapter\'s'}`);
  const stamped = (): number => [...b.times!.values()].reduce((sum, { seconds }) => sum + seconds, 0);
  const choose = (way: Way): void => void Object.assign(all, { small: way, large: way });
  return { b, choose, clock: threads ? otherThreads : stamped, software };
}

/** Seconds of the processor that all threads but this one have taken. */
function otherThreads(): number {
  const others = readdirSync('/proc/self/task').filter((thread) => thread !== String(process.pid));
  return others.reduce((sum, thread) => sum + Number(readFileSync(`/proc/self/task/${thread}/schedstat`, 'utf8').split(' ')[0]), 0) / 1e9;
}

async function time({ b, choose, clock }: Awaited<ReturnType<typeof open>>, product: Product, rounds: number): Promise<Timed> {
  const ways: readonly Way[] = product.kind === 'matmul' ? ['rows', ...TILE_NAMES] : TILE_NAMES;
  const operands = product.shapes.map((shape) => b.upload(noise(shape)));
  const run = async (way: Way, repeats: number): Promise<number> => {
    choose(way);
    const start = clock();
    for (let i = 0; i < repeats; i++) b.free(product.run(b, operands) satisfies Tensor);
    await settled(b);
    return (clock() - start) / repeats;
  };
  const repeats = new Map<Way, number>();
  for (const way of ways) {
    await run(way, 1); // compiles
    repeats.set(way, Math.ceil(SHORTEST / Math.max(await run(way, 1), SHORTEST / 100)));
  }
  const seconds = new Map(ways.map((way): [Way, number[]] => [way, []]));
  for (let round = 0; round < rounds; round++) for (const way of ways) seconds.get(way)!.push(await run(way, repeats.get(way)!));
  b.free(operands);
  return { product, seconds };
}

/** The way that is best over the products of a class: by the mean of how much longer than the best each takes, in logarithms. */
function best<W extends Way>(ways: readonly W[], timed: readonly Timed[]): W {
  const cost = (way: W): number => timed.reduce((sum, { seconds }) => sum + Math.log(Math.min(...seconds.get(way)!)), 0);
  return ways.reduce((found, way) => (cost(way) < cost(found) ? way : found));
}

/** Where no product of a class was timed, what the class has now. */
function table<W extends Way>(classes: readonly ShapeClass<W>[], ways: readonly W[], timed: readonly Timed[]): string[] {
  return classes.map((each, i) => {
    const fewer = classes[i - 1]?.rows ?? 0;
    const choice = (large: boolean): W => {
      const some = timed.filter(({ product: { rows, elements } }) => {
        return rows > fewer && rows <= each.rows && (elements >= LARGE) === large;
      });
      return some.length === 0 ? each[large ? 'large' : 'small'] : best(ways, some);
    };
    return `    { rows: ${each.rows}, small: '${choice(false)}', large: '${choice(true)}' },`;
  });
}

function print(...lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}

const milliseconds = (seconds: number): string => (seconds * 1e3).toFixed(2);

async function main({ rounds, only }: { readonly rounds: number; readonly only?: Product['kind'] }): Promise<void> {
  const opened = await open();
  print('times     milliseconds, median and least, by ways; the best by the least');
  const timed: Timed[] = [];
  for (const product of PRODUCTS.filter(({ kind }) => only === undefined || kind === only)) {
    const result = await time(opened, product, rounds);
    timed.push(result);
    const ways = [...result.seconds.keys()];
    const cells = ways.map((way) => {
      const runs = result.seconds.get(way)!;
      return `${way} ${milliseconds(median(runs))} ${milliseconds(Math.min(...runs))}`.padEnd(24);
    });
    print(`${product.name.padEnd(40)}${cells.join('')}best ${best(ways, [result])}`);
  }
  const { matmul, conv3d } = TILE_TABLES[opened.software ? 'software' : 'card'];
  const of = (kind: Product['kind']): Timed[] => timed.filter(({ product }) => product.kind === kind);
  print('{', '  matmul: [', ...table<Way>(matmul, ['rows', ...TILE_NAMES], of('matmul')), '  ],');
  print('  conv3d: [', ...table(conv3d, TILE_NAMES, of('conv3d')), '  ],', '}');
  process.exit(); // the device would keep the process
}

await new Command('tune-webgpu')
  .option('--rounds <n>', 'measurements of every tile', wholeNumber(1), 5)
  .addOption(new Option('--only <kind>', 'products of one kind').choices(['matmul', 'conv3d']))
  .action(main)
  .parseAsync();
