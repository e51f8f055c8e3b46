/** Every golden checkpoint: read exactly, or rejected with a typed error, and nothing in it is run. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { referenceBackend } from '../../reference/backend.ts';
import type { Kind } from '../../src/conform/case.ts';
import { checkpointKind } from '../../src/conform/kinds/checkpoint.ts';
import { checkpointHostile } from '../../src/conform/kinds/checkpoint_hostile.ts';
import { findCases, loadCase } from '../../src/conform/load.ts';
import { runCase } from '../../src/conform/run.ts';

const kinds = new Map<string, Kind>([checkpointKind, checkpointHostile].map((kind) => [kind.kind, kind]));
const cases = findCases(join(import.meta.dirname, '../../fixtures/golden/checkpoint')).map(loadCase);

describe('golden checkpoints', () => {
  it('are of known kinds', () => {
    expect(new Set(cases.map((c) => c.kind))).toEqual(new Set(kinds.keys()));
  });

  it.each(cases.map((c) => [c.id, c] as const))('%s', async (_id, c) => {
    const report = await runCase(c, kinds.get(c.kind)!, referenceBackend());
    expect(report.note).toBeUndefined();
    expect(report.divergence).toBeUndefined();
    expect(report.status).toBe('passed');
    const expected = [...c.outputs.map(({ name }) => name), ...c.jsonOutputs];
    expect(report.outputs.map(({ name }) => name).sort()).toEqual(expected.sort());
    for (const folder of [c.directory, process.cwd()]) expect(existsSync(join(folder, 'hostile-file-was-run'))).toBe(false);
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect('polluted' in {}).toBe(false);
  });
});
