/** The same operations in PyTorch, where python3 has it. */

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { OPERATIONS } from './operations.ts';

/** Seconds on one thread by operation; undefined, after one line that says why, where there is no PyTorch. */
export function timeTorch(): Record<string, number> | undefined {
  const script = fileURLToPath(new URL('torch_shapes.py', import.meta.url));
  const operations = OPERATIONS.filter(({ kind }) => kind !== 'other').map(({ name, kind, shapes }) => {
    return { name, kind, shapes, transposed: name.endsWith('ᵀ') };
  });
  const { status, stdout, error } = spawnSync('python3', [script], { input: JSON.stringify(operations), encoding: 'utf8' });
  if (error === undefined && status === 0) return JSON.parse(stdout) as Record<string, number>;
  process.stderr.write('note: python3 with torch does not run here: its times are left out\n');
  return undefined;
}
