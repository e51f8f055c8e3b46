/** The golden cases that are one operation. */

import { describe, expect, it } from 'vitest';
import { referenceBackend } from '../../reference/backend.ts';
import { activations } from '../../src/conform/kinds/activations.ts';
import { interpolate } from '../../src/conform/kinds/interpolate.ts';
import { findCases, loadCase } from '../../src/conform/load.ts';
import { runCase } from '../../src/conform/run.ts';

describe.each([activations, interpolate])('golden kind $kind', (kind) => {
  const cases = findCases('fixtures/golden/ops').map(loadCase).filter((c) => c.kind === kind.kind);

  it('has cases', () => expect(cases.length).toBeGreaterThan(0));

  it.each(cases.map((c) => [c.id, c] as const))('%s', async (_, c) => {
    const report = await runCase(c, kind, referenceBackend());
    expect(report.divergence).toBeUndefined();
    expect(report.outputs.map((output) => output.name)).toEqual(c.outputs.map((output) => output.name));
    expect(report.status).toBe('passed');
  });
});
