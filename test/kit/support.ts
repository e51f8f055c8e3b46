/** A small kit and what this implementation computes for it, to be spoiled by the tests. */

import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { HostArray } from '../../src/array/host.ts';
import { hostTensor, rowMajor } from '../../src/array/host.ts';
import { loadCase } from '../../src/conform/load.ts';
import { writeNpz } from '../../src/io/npz.ts';
import { exportKit } from '../../src/kit/export.ts';
import type { KitEntry } from '../../src/kit/manifest.ts';
import type { PortArray } from '../../src/kit/results.ts';
import { computeCase } from '../../src/kit/serve.ts';
import { referenceBackend } from '../../reference/backend.ts';

export const root = join(import.meta.dirname, '../..');

export interface SmallKit {
  readonly kit: string;
  readonly entries: readonly KitEntry[];
  /** Writes right results for a case, changed, and returns the folder of results. */
  results(id: string, change?: (arrays: Map<string, HostArray>, json: Map<string, unknown>) => void): Promise<string>;
}

export async function smallKit(ids: readonly string[], levels: readonly string[]): Promise<SmallKit> {
  const folder = mkdtempSync(join(tmpdir(), 'kit-'));
  const kit = join(folder, 'kit');
  const entries = await exportKit(kit, referenceBackend(), {
    golden: join(root, 'fixtures/golden'), levels, wanted: (id) => ids.includes(id),
  });
  let count = 0;
  return {
    kit,
    entries,
    async results(id, change = () => undefined) {
      const { arrays, json } = await computeCase(loadCase(join(kit, id)), referenceBackend());
      change(arrays, json);
      const stem = join(folder, `results${count++}`, id);
      mkdirSync(dirname(stem), { recursive: true });
      if (arrays.size > 0) writeFileSync(`${stem}.npz`, writeNpz(arrays));
      if (json.size > 0) writeFileSync(`${stem}.json`, JSON.stringify(Object.fromEntries(json)));
      return stem.slice(0, -id.length - 1);
    },
  };
}

/** The values of an array, changed one by one. */
export function mapped(x: HostArray, f: (value: number, i: number) => number): HostArray {
  return hostTensor(rowMajor(x).map((value: number, i: number) => f(value, i)) as Float32Array, x.shape);
}

/** Arrays as they are read from a port's files. */
export function portArrays(arrays: ReadonlyMap<string, HostArray>): Map<string, PortArray> {
  const read = (x: HostArray): PortArray => ({ shape: x.shape, dtype: x.dtype, values: rowMajor(x).slice() });
  return new Map([...arrays].map(([name, x]) => [name, read(x)] as const));
}
