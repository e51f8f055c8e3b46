/** Runs a mutant as a port against a kit until its first divergence. */

import { join } from 'node:path';
import { vi } from 'vitest';
import { rowMajor } from '../../src/array/host.ts';
import type { HostArray } from '../../src/array/host.ts';
import { checkCase } from '../../src/kit/check.ts';
import type { OutputReport } from '../../src/kit/outputs.ts';
import type { KitEntry } from '../../src/kit/manifest.ts';
import { readKitCase } from '../../src/kit/manifest.ts';
import type { PortArray } from '../../src/kit/results.ts';
import { referenceBackend } from '../../reference/backend.ts';
import type { Mutant } from './mutants.ts';

const root = join(import.meta.dirname, '../..');

export interface Caught {
  readonly id: string;
  readonly level: string;
  readonly divergence: OutputReport;
}

/** @param deep whether causes are looked for. @returns where the kit first catches the mutant; nothing if it does not. */
export async function attribute(
  mutant: Mutant | undefined,
  kit: string,
  entries: readonly KitEntry[],
  deep = false,
): Promise<Caught | undefined> {
  vi.resetModules();
  const file = mutant?.module === undefined ? undefined : join(root, 'src', mutant.module[0]);
  if (file !== undefined) {
    const replace = mutant!.module![1] as (right: object) => object;
    vi.doMock(file, async (original) => {
      const right = await original<object>();
      return { ...right, ...replace(right) };
    });
  }
  try {
    // The whole program anew, so that it imports the replaced functions; the checker outside stays as it is.
    const { computeCase } = await import('../../src/kit/serve.ts');
    const { loadCase } = await import('../../src/conform/load.ts');
    const { referenceBackend: freshBackend } = await import('../../reference/backend.ts');
    for (const entry of entries) {
      const b = freshBackend();
      const { arrays, json } = await computeCase(loadCase(join(kit, entry.id)), mutant?.backend?.(b) ?? b);
      const port = { arrays: new Map([...arrays].map(([name, array]) => [name, portArray(array)] as const)), json, problems: [] };
      const { divergence } = await checkCase(readKitCase(kit, entry), port, referenceBackend(), deep);
      if (divergence !== undefined) return { id: entry.id, level: entry.level, divergence };
    }
    return undefined;
  } finally {
    if (file !== undefined) vi.doUnmock(file);
  }
}

function portArray(array: HostArray): PortArray {
  const values = rowMajor(array);
  const dtype = values instanceof Float32Array ? 'float32' : values instanceof Int32Array ? 'int32' : 'uint8';
  return { shape: array.shape, dtype, values };
}
