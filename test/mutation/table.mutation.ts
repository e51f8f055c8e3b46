/** `npm run mutation`: every mutant against the whole kit; prints the table and writes docs/mutations.md. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { referenceBackend } from '../../reference/backend.ts';
import { exportKit } from '../../src/kit/export.ts';
import { LEVELS } from '../../src/kit/levels.ts';
import type { KitEntry } from '../../src/kit/manifest.ts';
import { attribute } from './attribute.ts';
import { MUTANTS } from './mutants.ts';

const root = join(import.meta.dirname, '../..');
const kit = mkdtempSync(join(tmpdir(), 'mutation-'));
const rows: string[] = [];
let right = 0;
let entries: KitEntry[] = [];

beforeAll(async () => {
  entries = await exportKit(kit, referenceBackend(), { golden: join(root, 'fixtures/golden'), levels: Object.keys(LEVELS) });
}, 600_000);

afterAll(() => {
  rmSync(kit, { recursive: true });
  const text = [
    '# Mutations',
    '',
    'Written by `npm run mutation`: broken variants of this implementation (test/mutation/mutants.ts), run as ports against a whole',
    'conformance kit, from the parts to the whole, until the kit finds its first divergence.',
    '',
    '| Broken | Step | Caught by | First divergence | Attributed to | Likely cause, as reported |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
    '',
    `${MUTANTS.length} mutants; ${right} attributed to the step that is broken.`,
  ].join('\n');
  process.stdout.write(`${text}\n`);
  if (rows.length === MUTANTS.length) writeFileSync(join(root, 'docs/mutations.md'), `${text}\n`);
});

it.each(MUTANTS)('$step: $name', async (mutant) => {
  const caught = await attribute(mutant, kit, entries, true);
  const { id, level, divergence } = caught ?? {};
  if (divergence?.step === mutant.step) right += 1;
  const cause = divergence?.causes[0] ?? '';
  rows.push(`| ${mutant.name} | ${mutant.step} | ${caught === undefined ? 'nothing' : `${level} ${id}`} | ${divergence?.output ?? ''} | ${divergence?.step ?? ''} | ${cause} |`);
  expect(caught, 'is not caught').toBeDefined();
}, 600_000);
