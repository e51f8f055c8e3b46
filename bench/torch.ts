/** The same operations in PyTorch, where python3 has it. */

import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { OPERATIONS } from './operations.ts';
import type { Calls, TorchTimes } from './results.ts';

/**
 * Times single operations, and all products, convolutions and softmax that a generation is made of.
 * @param only names of the operations.
 * @returns undefined, after one line that says why, where there is no PyTorch.
 */
export function timeTorch(only: RegExp, calls: Calls): TorchTimes | undefined {
  const script = fileURLToPath(new URL('torch_shapes.py', import.meta.url));
  const operations = OPERATIONS.filter(({ name, kind }) => kind !== 'other' && only.test(name)).map(({ name, kind, shapes }) => {
    return { name, kind, shapes, transposed: [false, name.endsWith('ᵀ')] };
  });
  const threads = [...new Set([1, availableParallelism()])];
  const input = JSON.stringify({ operations, stages: calls, threads });
  const { status, stdout, error } = spawnSync('python3', [script], { input, encoding: 'utf8' });
  if (error === undefined && status === 0) return JSON.parse(stdout) as TorchTimes;
  process.stderr.write('note: python3 with torch does not run here: its times are left out\n');
  return undefined;
}
