/**
 * `npm run bench`: times operations and whole generations on every backend that runs here.
 *
 *   npm run bench                                     all backends; wasm on one thread and on all
 *   npm run bench -- --backend wasm --threads 1
 *   npm run bench -- --gpu webgpu                     gpu.js: bytes moved and compilations too
 *   npm run bench -- --gpu webgpu --size tiny         for a software device
 *   npm run bench -- --backend webgpu,gpujs,wasm      side by side; submits too
 *   npm run bench -- --size large                     minutes; wasm only
 *   npm run bench -- --only 'matmul|conv3d'           single operations
 *   npm run bench -- --train                          steps of training; wasm unless --backend names another
 *   npm run bench -- --torch --json                   beside PyTorch, as JSON
 *
 * Every backend runs in a process of its own, so that its memory is its own.
 */

import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { GpuMode } from '../backends/gpujs/modes.ts';
import { gpuModes } from '../backends/gpujs/modes.ts';
import { backendNames } from '../src/backends.ts';
import { wholeNumber } from '../src/cli/options.ts';
import { describeMachine } from './machine.ts';
import { report } from './report.ts';
import type { Results, Run } from './results.ts';
import { runBackend } from './run-backend.ts';
import type { SizeName } from './sizes.ts';
import { SIZES } from './sizes.ts';
import { timeTorch } from './torch.ts';

interface Options {
  readonly backend?: string;
  readonly threads?: number;
  readonly gpu?: GpuMode | 'auto';
  readonly size: SizeName;
  readonly only?: string;
  readonly json?: boolean;
  readonly torch?: boolean;
  readonly train?: boolean;
}

/** Set in the processes that run one backend each. */
const INNER = 'INFINITYSTAR_BENCH_INNER';

async function run(options: Options): Promise<void> {
  const { backend, threads = 1, gpu, size, only, train = false, torch: beside = false } = options;
  if (process.env[INNER] !== undefined) {
    const given = { ...(gpu && { gpu }), ...(only !== undefined && { only: new RegExp(only) }) };
    process.stdout.write(JSON.stringify(await runBackend({ backend: backend!, threads, size, train, calls: beside, ...given })));
    process.exit(); // a WebGPU device would keep the process
  }
  const machine = describeMachine();
  // Not above: the processes inside are to hold no compiler.
  const peak = await (await import('./peak.ts')).measurePeak();
  const runs = choices(options).map(([name, count]) => runInside(options, name, count)).filter((run) => run !== undefined);
  const torch = beside ? timeTorch(Object.fromEntries(runs.flatMap(({ calls }) => Object.entries(calls)))) : undefined;
  const results: Results = { size, machine, peak, runs, ...(torch === undefined ? {} : { torch }) };
  process.stdout.write(options.json === true ? `${JSON.stringify(results, null, 1)}\n` : report(results));
}

/** Backends with numbers of threads. Large models are for the fast one. */
function choices({ backend, threads, size, train }: Options): [backend: string, threads: number][] {
  const names = backend !== undefined ? backend.split(',') : size === 'large' || train === true ? ['wasm'] : ['reference', ...backendNames.filter((name) => name !== 'reference')];
  return names.flatMap((name): [string, number][] => {
    if (name !== 'wasm') return [[name, 1]];
    const counts = threads === undefined ? new Set([1, availableParallelism()]) : [threads];
    return [...counts].map((count) => [name, count]);
  });
}

function namesOfBackends(text: string): string {
  const wrong = text.split(',').find((name) => !backendNames.includes(name));
  if (wrong !== undefined) throw new InvalidArgumentError(`there is no backend '${wrong}'.`);
  return text;
}

function runInside({ gpu, size, only, train, torch }: Options, backend: string, threads: number): Run | undefined {
  const args = ['--backend', backend, '--threads', String(threads), '--size', size];
  if (gpu !== undefined && backend === 'gpujs') args.push('--gpu', gpu);
  if (only !== undefined) args.push('--only', only);
  if (train === true) args.push('--train');
  if (torch === true) args.push('--torch');
  const { status, stdout, stderr } = spawnSync(process.execPath, [...process.execArgv, fileURLToPath(import.meta.url), ...args], {
    encoding: 'utf8', env: { ...process.env, [INNER]: '1' }, maxBuffer: 2 ** 26,
  });
  if (status === 0) return JSON.parse(stdout) as Run;
  process.stderr.write(`note: ${backend} does not run here (${stderr.trim().split('\n').at(-1) ?? ''})\n`);
  return undefined;
}

await new Command('bench')
  .option('--backend <names>', `some of ${backendNames.join(', ')}, with commas between them`, namesOfBackends)
  .option('--threads <n>', 'of the wasm backend (default: 1, and all)', wholeNumber(1))
  .addOption(new Option('--gpu <mode>', 'how the backend gpujs computes').choices(['auto', ...gpuModes]).implies({ backend: 'gpujs' }))
  .addOption(new Option('--size <name>', 'of the model').choices(Object.keys(SIZES)).default('small'))
  .option('--only <pattern>', 'operations whose name matches, and no model')
  .option('--train', 'steps of training, and nothing else')
  .option('--torch', 'time the same operations in PyTorch, where python3 has it')
  .option('--json', 'print JSON')
  .action(run)
  .parseAsync();
