/** The rotary embedding against the official tables (spec R). */

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ropeTables } from '../../src/conform/kinds/rope_tables.ts';
import { ropeVisual } from '../../src/conform/kinds/rope_visual.ts';
import { ropeVisualInteract } from '../../src/conform/kinds/rope_visual_interact.ts';
import { rotary } from '../../src/conform/kinds/rotary.ts';
import { findCases, loadCase } from '../../src/conform/load.ts';
import { runCase } from '../../src/conform/run.ts';
import { referenceBackend } from '../../reference/backend.ts';

const kinds = new Map([ropeTables, ropeVisual, ropeVisualInteract, rotary].map((kind) => [kind.kind, kind]));

describe('golden rope', () => {
  const root = join(import.meta.dirname, '../../fixtures/golden');
  const folders = ['rope', 'ops/rotary'].flatMap((group) => findCases(join(root, group)));

  it.each(folders.map((folder) => loadCase(folder)).map((c) => [c.id, c] as const))('%s', async (_id, c) => {
    const report = await runCase(c, kinds.get(c.kind)!, referenceBackend());
    expect(report.outputs.length).toBeGreaterThan(0);
    expect(report).toMatchObject({ status: 'passed' });
  });
});
