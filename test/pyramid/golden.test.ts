/** The pyramid against the tables and records of the official code (spec P). */

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fullSizeIndex } from '../../src/conform/kinds/full_size_index.ts';
import { nearestRatioKind } from '../../src/conform/kinds/nearest_ratio.ts';
import { scalePackInfo } from '../../src/conform/kinds/scale_pack_info.ts';
import { scheduleTable } from '../../src/conform/kinds/schedule_table.ts';
import { findCases, loadCase } from '../../src/conform/load.ts';
import { runCase } from '../../src/conform/run.ts';
import { referenceBackend } from '../../reference/backend.ts';

const kinds = new Map([fullSizeIndex, nearestRatioKind, scalePackInfo, scheduleTable].map((kind) => [kind.kind, kind]));

describe('golden schedules', () => {
  const folders = findCases(join(import.meta.dirname, '../../fixtures/golden/schedules'));

  it.each(folders.map((folder) => loadCase(folder)).map((c) => [c.id, c] as const))('%s', async (_id, c) => {
    const report = await runCase(c, kinds.get(c.kind)!, referenceBackend());
    expect(report.outputs.length).toBeGreaterThan(0);
    expect(report).toMatchObject({ status: 'passed' });
  });
});
