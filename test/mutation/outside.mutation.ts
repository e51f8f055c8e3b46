/** `npm run mutation:outside`: every fault in the outside port against the whole kit; writes docs/mutations-outside.md. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { referenceBackend } from '../../reference/backend.ts';
import { exportKit } from '../../src/kit/export.ts';
import { LEVELS } from '../../src/kit/levels.ts';
import { checkRun, cleanUp, hasNumpy, plant, runPort, verdictsOf, verdictsOfCheckPy } from './outside.ts';
import type { Asked } from './outside.ts';
import { OUTSIDE_FAULTS } from './outside-faults.ts';

const root = join(import.meta.dirname, '../..');
const LIMIT = 900_000;
const kit = mkdtempSync(join(tmpdir(), 'mutation-'));
const rows: string[] = [];
const counts = { caught: 0, attributed: 0, named: 0, right: 0, same: 0 };
let asked: Asked = new Map();

describe.skipIf(!hasNumpy)('an outside port', () => {
  beforeAll(async () => {
    await exportKit(kit, referenceBackend(), { golden: join(root, 'fixtures/golden'), levels: Object.keys(LEVELS) });
  }, LIMIT);

  afterAll(() => {
    rmSync(kit, { recursive: true });
    const n = OUTSIDE_FAULTS.length;
    const text = [
      '# Faults in an outside port',
      '',
      'Written by `npm run mutation:outside`: faults planted in a port in NumPy that was written from the pages of the kit',
      '(test/kit/port), run against a whole kit. A cause stands here only if the port\'s numbers confirm it.',
      '',
      '| Planted | Precision | Caught by | First divergence | Attributed to | Likely cause, as reported |',
      '| --- | --- | --- | --- | --- | --- |',
      ...rows,
      '',
      `${n} faults: ${counts.caught} caught, ${counts.attributed} attributed to the right step; a cause named for ${counts.named}, right for ${counts.right}; ` +
        `\`check.py\` gives the same verdicts for ${counts.same}.`,
    ].join('\n');
    process.stdout.write(`${text}\n`);
    if (rows.length === n) writeFileSync(join(root, 'docs/mutations-outside.md'), `${text}\n`);
  });

  it.each(['float32', 'bf16', 'f16'] as const)('without a fault has none in %s', async (precision) => {
    const run = runPort(kit, ['--precision', precision]);
    if (precision === 'float32') asked = run.asked;
    const verdicts = verdictsOf(await checkRun(kit, run, precision));
    expect(verdicts.filter(({ status }) => !['passed', ...(precision === 'float32' ? [] : ['partly run'])].includes(status))).toEqual([]);
    expect(verdictsOfCheckPy(kit, run, precision).filter(({ status }) => status === 'failed')).toEqual([]);
    cleanUp(run);
  }, LIMIT);

  it.each(OUTSIDE_FAULTS)('$name $precision', async ({ name, steps, cause, precision: given }) => {
    const precision = given ?? 'float32';
    const run = plant(kit, asked, name, precision);
    const report = await checkRun(kit, run, precision);
    const first = report.cases.find(({ divergence }) => divergence !== undefined);
    const { output, step = '', causes = [] } = first?.divergence ?? {};
    const named = causes.length > 0;
    counts.caught += Number(first !== undefined);
    counts.attributed += Number(steps.includes(step));
    counts.named += Number(named);
    counts.right += Number(named && cause.test(causes[0]));
    const [ours, theirs] = [verdictsOf(report), verdictsOfCheckPy(kit, run, precision)];
    counts.same += Number(JSON.stringify(ours) === JSON.stringify(theirs));
    const where = first === undefined ? 'nothing' : `${first.level} ${first.id}`;
    rows.push(`| ${name} | ${precision} | ${where} | ${output ?? ''} | ${step} | ${causes[0] ?? ''} |`);
    cleanUp(run);
    expect(first, 'is not caught').toBeDefined();
    expect(theirs).toEqual(ours);
  }, LIMIT);
});
