/** `npm run mutation:outside`: every fault in the outside port against the whole kit; writes docs/mutations-outside.md. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { referenceBackend } from '../../reference/backend.ts';
import { exportKit } from '../../src/kit/export.ts';
import { LEVELS } from '../../src/kit/levels.ts';
import { checkRun, cleanUp, hasNumpy, runPort, tryFault, verdictsOf, verdictsOfCheckPy } from './outside.ts';
import type { Asked } from './outside.ts';
import { OUTSIDE_FAULTS } from './outside-faults.ts';
import type { OutsideFault } from './outside-faults.ts';

const root = join(import.meta.dirname, '../..');
const LIMIT = 3_600_000;
const kit = mkdtempSync(join(tmpdir(), 'mutation-'));
const rows = new Map<OutsideFault, string>();
const counts = { caught: 0, attributed: 0, named: 0, misled: 0, same: 0 };
let asked: Asked = new Map();

describe.skipIf(!hasNumpy)('an outside port', () => {
  beforeAll(async () => {
    await exportKit(kit, referenceBackend(), { golden: join(root, 'fixtures/golden'), levels: Object.keys(LEVELS) });
    const run = await runPort(kit, []);
    asked = run.asked;
    cleanUp(run);
  }, LIMIT);

  afterAll(() => {
    rmSync(kit, { recursive: true });
    const n = OUTSIDE_FAULTS.length;
    const text = [
      '# Faults in an outside port',
      '',
      'Written by `npm run mutation:outside`: faults planted in a port in NumPy that was written from the pages of the kit',
      '(test/kit/port), run against a whole kit, from the parts to the whole, until one is caught. A cause stands here only if the port\'s numbers confirm it.',
      '',
      '| Planted | Precision | Caught by | First divergence | Attributed to | Likely cause, as reported |',
      '| --- | --- | --- | --- | --- | --- |',
      ...OUTSIDE_FAULTS.flatMap((fault) => rows.get(fault) ?? []),
      '',
      `${n} faults: ${counts.caught} caught, ${counts.attributed} attributed to the right step. A cause is named for ${counts.named} and right for ` +
        `${counts.named - counts.misled}; ${counts.misled} mislead. \`check.py\` gives the same verdicts for ${counts.same}.`,
    ].join('\n');
    process.stdout.write(`${text}\n`);
    if (rows.size === n) writeFileSync(join(root, 'docs/mutations-outside.md'), `${text}\n`);
  });

  it.concurrent.each(OUTSIDE_FAULTS)('$name $precision', async (fault) => {
    const { id, level, output, step, cause, isAttributed, isMisled, ours, theirs } = await tryFault(kit, asked, fault);
    counts.caught += Number(id !== undefined);
    counts.attributed += Number(isAttributed);
    counts.named += Number(cause !== undefined);
    counts.misled += Number(isMisled);
    counts.same += Number(isDeepStrictEqual(theirs, ours));
    const where = id === undefined ? 'nothing' : `${level} ${id}`;
    const note = isMisled ? ' (misleading)' : '';
    const row = `| ${fault.name} | ${fault.precision ?? 'float32'} | ${where} | ${output} | ${step}${isAttributed ? '' : ' (another)'} | ${cause ?? ''}${note} |`;
    rows.set(fault, row);
    process.stderr.write(`${row}\n`);
    expect(id, 'is not caught').toBeDefined();
    expect(theirs).toEqual(ours);
  }, LIMIT);

  it.concurrent.each(['float32', 'bf16', 'f16'] as const)('without a fault has none in %s', async (precision) => {
    const run = await runPort(kit, ['--precision', precision]);
    const verdicts = verdictsOf(await checkRun(kit, run, precision));
    const allowed = precision === 'float32' ? ['passed'] : ['passed', 'partly run'];
    process.stderr.write(`${precision}: ${verdicts.filter(({ status }) => status === 'passed').length} of ${verdicts.length} passed\n`);
    expect(verdicts.filter(({ status }) => !allowed.includes(status))).toEqual([]);
    expect((await verdictsOfCheckPy(kit, run, precision)).filter(({ status }) => status === 'failed')).toEqual([]);
    cleanUp(run);
  }, LIMIT);

  it('reaches what a kit must', () => {
    const n = rows.size;
    expect(counts.attributed / n).toBeGreaterThanOrEqual(0.95);
    expect(counts).toMatchObject({ caught: n, misled: 0, same: n });
  });
});
