/** Every golden case of the sampler, through its kind, on the reference backend. */

import { describe, expect, it } from 'vitest';
import { referenceBackend } from '../../reference/backend.ts';
import type { Kind } from '../../src/conform/case.ts';
import { findCases, loadCase } from '../../src/conform/load.ts';
import { runCase } from '../../src/conform/run.ts';
import { framesKind } from '../../src/conform/kinds/frames.ts';
import { projectedGuidanceKind } from '../../src/conform/kinds/projected_guidance.ts';
import { sampleKind } from '../../src/conform/kinds/sample.ts';
import { sampleConditioned } from '../../src/conform/kinds/sample_conditioned.ts';
import { sampleInteract } from '../../src/conform/kinds/sample_interact.ts';

const kinds = new Map(
  [framesKind, projectedGuidanceKind, sampleKind, sampleConditioned, sampleInteract].map((kind): [string, Kind] => {
    return [kind.kind, kind];
  }),
);
const cases = ['fixtures/golden/sampler', 'fixtures/golden/guidance']
  .flatMap(findCases)
  .map(loadCase)
  .filter((c) => kinds.has(c.kind));

describe('golden cases of the sampler', () => {
  it('has a case of every kind', () => {
    expect(new Set(cases.map((c) => c.kind))).toEqual(new Set(kinds.keys()));
  });

  it.each(cases.map((c) => [c.id, c] as const))('%s', async (_, c) => {
    const report = await runCase(c, kinds.get(c.kind)!, referenceBackend());
    expect(report.divergence).toBeUndefined();
    expect(report.bits.equal).toBe(report.bits.compared);
    expect(report.status).toBe('passed');
    expect(report.outputs.map((output) => output.name).sort()).toEqual(c.outputs.map((output) => output.name).sort());
  });
});
