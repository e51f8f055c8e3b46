/** A sample of the faults in an outside port, against the parts of a kit that take no time; all: `npm run mutation:outside`. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { referenceBackend } from '../../reference/backend.ts';
import { exportKit } from '../../src/kit/export.ts';
import { OUTSIDE_FAULTS } from '../mutation/outside-faults.ts';
import { checkRun, cleanUp, hasNumpy, runPort, tryFault, verdictsOf, verdictsOfCheckPy } from '../mutation/outside.ts';
import type { Asked } from '../mutation/outside.ts';
import { root } from './support.ts';

const CASES = /^(ops\/(activations|token|gated|gqa|interpolate-area)|guidance\/proj|own\/(positions-c|vocab))/;
const NAMES = [
  'norm_eps_ten_times', 'silu_is_gelu', 'attention_unscaled', 'key_heads_interleaved', 'real_index_counts_executed', 'border_of_vocabularies',
  'area_is_nearest', 'apg_not_projected',
];
const SAMPLE = OUTSIDE_FAULTS.filter(({ name, precision }) => NAMES.includes(name) && precision === undefined);
const kit = mkdtempSync(join(tmpdir(), 'outside-kit-'));
let asked: Asked = new Map();

describe.skipIf(!hasNumpy)('an outside port', () => {
  beforeAll(async () => {
    const options = { golden: join(root, 'fixtures/golden'), levels: ['L0', 'L1', 'L2'], wanted: (id: string) => CASES.test(id) };
    await exportKit(kit, referenceBackend(), options);
  });
  afterAll(() => rmSync(kit, { recursive: true }));

  it.each(['float32', 'bf16', 'f16'] as const)('without a fault passes in %s, for both checkers', async (precision) => {
    const run = await runPort(kit, ['--precision', precision]);
    if (precision === 'float32') asked = run.asked;
    const verdicts = verdictsOf(await checkRun(kit, run, precision));
    expect(verdicts.filter(({ status }) => status !== 'passed')).toEqual([]);
    expect(await verdictsOfCheckPy(kit, run, precision)).toEqual(verdicts);
    cleanUp(run);
  });

  it.each(SAMPLE)('with $name', async (fault) => {
    const { id, cause, isAttributed, isMisled, ours, theirs } = await tryFault(kit, asked, fault);
    expect(id).toBeDefined();
    expect({ cause, isAttributed, isMisled }).toMatchObject({ isAttributed: true, isMisled: false });
    expect(theirs).toEqual(ours);
  });
});
