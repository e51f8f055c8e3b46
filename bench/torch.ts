/** The same operations in PyTorch, where a python has it. */

import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Calls, TorchTimes } from './results.ts';

/** The one of the environment, and the system's, whose packages the first one need not have. */
const PYTHONS = ['python3', '/usr/bin/python3'];

/** Threads are told before torch loads: OpenBLAS makes its own then, and does not hear of torch.set_num_threads. */
const POOLS = ['OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS', 'MKL_NUM_THREADS'];

/**
 * Times what was called, operation by operation, in a process for each number of threads, and on CUDA where there is a card.
 * @returns undefined, after one line that says why, where there is no PyTorch.
 */
export function timeTorch(calls: Calls): TorchTimes | undefined {
  const found = PYTHONS.map((python) => ({ python, ...run(python, ['-c', 'import torch; print(torch.cuda.is_available())']) }));
  const chosen = found.find(({ failure }) => failure === undefined);
  if (chosen === undefined) return without(`python3 with torch does not run here (${found[0].failure})`);
  const threads = new Set([1, availableParallelism()]);
  const places = [...[...threads].map(String), ...(chosen.stdout.trim() === 'True' ? ['cuda'] : [])];
  const times: Record<string, Record<string, number>> = {};
  for (const place of places) {
    const env = place === 'cuda' ? {} : Object.fromEntries(POOLS.map((name) => [name, place]));
    const script = fileURLToPath(new URL('torch_times.py', import.meta.url));
    const { stdout, failure } = run(chosen.python, [script], JSON.stringify({ calls, place }), env);
    if (failure !== undefined) return without(`PyTorch fails (${failure})`);
    for (const [name, seconds] of Object.entries(JSON.parse(stdout) as Record<string, number>)) {
      times[name] = { ...times[name], [place]: seconds };
    }
  }
  return times;
}

function run(
  python: string, args: readonly string[], input = '', env: Readonly<Record<string, string>> = {},
): { readonly stdout: string; readonly failure?: string } {
  const options = { input, encoding: 'utf8', env: { ...process.env, ...env }, maxBuffer: 2 ** 26 } as const;
  const { status, stdout, stderr, error } = spawnSync(python, args, options);
  if (error === undefined && status === 0) return { stdout };
  return { stdout: '', failure: error?.message ?? stderr.trim().split('\n').at(-1) ?? '' };
}

function without(reason: string): undefined {
  process.stderr.write(`note: ${reason}: its times are left out\n`);
}
