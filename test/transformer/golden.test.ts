/** Every golden case of the transformer's parts, through its kind, on the reference backend. */

import { describe, expect, it } from 'vitest';
import { referenceBackend } from '../../reference/backend.ts';
import type { Kind } from '../../src/conform/case.ts';
import { findCases, loadCase } from '../../src/conform/load.ts';
import { runCase } from '../../src/conform/run.ts';
import { blockKind } from '../../src/conform/kinds/block.ts';
import { blockCached } from '../../src/conform/kinds/block_cached.ts';
import { embedCodesKind } from '../../src/conform/kinds/embed_codes.ts';
import { gatedMlpKind } from '../../src/conform/kinds/gated_mlp.ts';
import { gqaAttention } from '../../src/conform/kinds/gqa_attention.ts';
import { headsKind } from '../../src/conform/kinds/heads.ts';
import { textPrefix } from '../../src/conform/kinds/text_prefix.ts';
import { tokenRmsNorm } from '../../src/conform/kinds/token_rms_norm.ts';

const kinds = new Map(
  [tokenRmsNorm, gqaAttention, gatedMlpKind, blockKind, blockCached, headsKind, embedCodesKind, textPrefix].map(
    (kind): [string, Kind] => [kind.kind, kind],
  ),
);
const cases = ['fixtures/golden/transformer', 'fixtures/golden/ops']
  .flatMap(findCases)
  .map(loadCase)
  .filter((c) => kinds.has(c.kind));

describe('golden cases of the transformer', () => {
  it('has a case of every kind', () => {
    expect(new Set(cases.map((c) => c.kind))).toEqual(new Set(kinds.keys()));
  });

  it.each(cases.map((c) => [c.id, c] as const))('%s', async (_, c) => {
    const report = await runCase(c, kinds.get(c.kind)!, referenceBackend());
    expect(report.divergence).toBeUndefined();
    expect(report.status).toBe('passed');
    expect(report.outputs.map((output) => output.name).sort()).toEqual(c.outputs.map((output) => output.name).sort());
  });
});
