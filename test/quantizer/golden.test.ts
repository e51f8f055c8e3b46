/** Every golden case of the quantizer, through its kind. */

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { referenceBackend } from '../../reference/backend.ts';
import type { Kind } from '../../src/conform/case.ts';
import { bitSelfCorrection } from '../../src/conform/kinds/bit_self_correction.ts';
import { bsq } from '../../src/conform/kinds/bsq.ts';
import { bsqCodes } from '../../src/conform/kinds/bsq_codes.ts';
import { residualQuantization } from '../../src/conform/kinds/residual_quantization.ts';
import { findCases, loadCase } from '../../src/conform/load.ts';
import { runCase } from '../../src/conform/run.ts';

const golden = join(import.meta.dirname, '../../fixtures/golden');
const all: readonly Kind[] = [bitSelfCorrection, bsq, bsqCodes, residualQuantization];
const kinds = new Map(all.map((kind) => [kind.kind, kind]));
const cases = ['bsq', 'msrq', 'guidance']
  .flatMap((group) => findCases(join(golden, group)))
  .map(loadCase)
  .filter((c) => kinds.has(c.kind));

describe('golden cases of the quantizer', () => {
  it('are all there', () => {
    expect(new Set(cases.map((c) => c.kind))).toEqual(new Set(kinds.keys()));
  });

  it.each(cases.map((c) => [c.id, c] as const))('%s', async (_id, c) => {
    const report = await runCase(c, kinds.get(c.kind)!, referenceBackend());
    expect(report.divergence).toBeUndefined();
    expect(report.note).toBeUndefined();
    expect(report.status).toBe('passed');
    expect(report.bits.equal).toBe(report.bits.compared);
  });
});
