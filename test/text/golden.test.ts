/** Every golden case of the text encoder, through its kind. */

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { referenceBackend } from '../../reference/backend.ts';
import type { Kind } from '../../src/conform/case.ts';
import { t5Buckets } from '../../src/conform/kinds/t5_buckets.ts';
import { t5Encoder } from '../../src/conform/kinds/t5_encoder.ts';
import { unigramTokenize } from '../../src/conform/kinds/unigram_tokenize.ts';
import { findCases, loadCase } from '../../src/conform/load.ts';
import { runCase } from '../../src/conform/run.ts';

const kinds = new Map<string, Kind>([t5Buckets, t5Encoder, unigramTokenize].map((kind) => [kind.kind, kind]));
const cases = findCases(join(import.meta.dirname, '../../fixtures/golden/text')).map(loadCase);

describe('golden cases of the text encoder', () => {
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
  });
});
