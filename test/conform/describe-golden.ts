/** Every public golden case on a backend. */

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sizeOf } from '../../src/array/host.ts';
import type { Backend } from '../../src/backend/backend.ts';
import { kinds } from '../../src/conform/kinds/index.ts';
import { findCases, loadCase } from '../../src/conform/load.ts';
import { runCase } from '../../src/conform/run.ts';

export const cases = findCases(join(import.meta.dirname, '../../fixtures/golden')).map(loadCase);

/** Of every kind the case with the fewest numbers, for what is slow. */
export const smallestCases = [...new Set(cases.map(({ kind }) => kind))].map((kind) => {
  return cases.filter((c) => c.kind === kind).reduce((least, c) => (numbers(c) < numbers(least) ? c : least));
});

function numbers({ outputs }: (typeof cases)[number]): number {
  return outputs.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}

/** @param make is called once. */
export function describeGolden(name: string, make: () => Backend | Promise<Backend>, chosen = cases): void {
  describe(`golden cases on ${name}`, () => {
    let backend: Promise<Backend> | undefined;

    it.each(chosen)('$id', async (c) => {
      backend ??= Promise.resolve(make());
      const report = await runCase(c, kinds.get(c.kind)!, await backend);
      expect(report.divergence).toBeUndefined();
      expect(report.status).toBe('passed');
      expect(report.bits.equal).toBe(report.bits.compared);
      expect(report.outputs.length).toBe(c.outputs.length + c.jsonOutputs.length);
    });
  });
}
