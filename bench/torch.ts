/** The same operations in PyTorch, where python3 has it. */

import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Calls, TorchTimes } from './results.ts';

/**
 * Times what was called, operation by operation.
 * @returns undefined, after one line that says why, where there is no PyTorch.
 */
export function timeTorch(calls: Calls): TorchTimes | undefined {
  const script = fileURLToPath(new URL('torch_times.py', import.meta.url));
  const threads = [...new Set([1, availableParallelism()])];
  const { status, stdout, stderr, error } = spawnSync('python3', [script], { input: JSON.stringify({ calls, threads }), encoding: 'utf8' });
  if (error === undefined && status === 0) return JSON.parse(stdout) as TorchTimes;
  const reason = error?.message ?? stderr.trim().split('\n').at(-1) ?? '';
  process.stderr.write(`note: python3 with torch does not run here (${reason}): its times are left out\n`);
  return undefined;
}
