/** Every golden case of training, gradients included, through its kind: on the reference backend and the fast one. */

import { describe, expect, it } from 'vitest';
import { wasmBackend } from '../../backends/wasm/index.ts';
import { referenceBackend } from '../../reference/backend.ts';
import { findCases, loadCase } from '../../src/conform/load.ts';
import { kinds } from '../../src/conform/kinds/index.ts';
import { runCase } from '../../src/conform/run.ts';

const cases = findCases('fixtures/golden/training').map(loadCase);

describe.each([
  ['reference', async () => referenceBackend()],
  ['wasm', () => wasmBackend({ threads: 2 })],
] as const)('golden cases of training on %s', (_, make) => {
  it.each(cases.map((c) => [c.id, c] as const))('%s', async (__, c) => {
    const report = await runCase(c, kinds.get(c.kind)!, await make());
    expect(report.divergence).toBeUndefined();
    expect(report.status).toBe('passed');
    expect(report.outputs.map((output) => output.name).sort()).toEqual(c.outputs.map((output) => output.name).sort());
  });
});
