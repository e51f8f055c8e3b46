/** Every public golden case on every backend. */

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { backendNames, makeBackend } from '../../src/backends.ts';
import { kinds } from '../../src/conform/kinds/index.ts';
import { findCases, loadCase } from '../../src/conform/load.ts';
import { runCase } from '../../src/conform/run.ts';

const set = join(import.meta.dirname, '../../fixtures/golden');

const cases = findCases(set).map(loadCase);

describe('golden cases', () => {
  it('are all of a known kind', () => {
    expect(cases.filter(({ kind }) => !kinds.has(kind)).map(({ id }) => id)).toEqual([]);
  });
});

describe.each(backendNames)('golden cases on the %s backend', (name) => {
  const backend = makeBackend(name);

  it.each(cases)('$id', async (c) => {
    const report = await runCase(c, kinds.get(c.kind)!, await backend);
    expect(report.divergence).toBeUndefined();
    expect(report.status).toBe('passed');
    expect(report.bits.equal).toBe(report.bits.compared);
    expect(report.outputs.length).toBe(c.outputs.length + c.jsonOutputs.length);
  });
});
