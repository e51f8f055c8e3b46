/** Every public golden case of a kind that is computed, on the reference backend. */

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeBackend } from '../../src/backends.ts';
import { kinds } from '../../src/conform/kinds/index.ts';
import { findCases, loadCase } from '../../src/conform/load.ts';
import { plannedKinds } from '../../src/conform/planned.ts';
import { runCase } from '../../src/conform/run.ts';

const set = join(import.meta.dirname, '../../fixtures/golden');

describe('golden cases', () => {
  const cases = findCases(set).map(loadCase);

  it('are all of a kind that is computed or planned', () => {
    const unknown = cases.filter(({ kind }) => kinds.has(kind) === plannedKinds.has(kind));
    expect(unknown.map(({ id }) => id)).toEqual([]);
  });

  it.each(cases.filter(({ kind }) => kinds.has(kind)))('$id', async (c) => {
    const report = await runCase(c, kinds.get(c.kind)!, makeBackend('reference'));
    expect(report.divergence).toBeUndefined();
    expect(report.status).toBe('passed');
    expect(report.bits.equal).toBe(report.bits.compared);
  });
});
