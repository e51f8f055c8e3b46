/** The quick mutants, against the parts of a kit that take no time; all of them: `npm run mutation`. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { referenceBackend } from '../../reference/backend.ts';
import { exportKit } from '../../src/kit/export.ts';
import type { KitEntry } from '../../src/kit/manifest.ts';
import { attribute } from './attribute.ts';
import { MUTANTS } from './mutants.ts';

const root = join(import.meta.dirname, '../..');
const kit = mkdtempSync(join(tmpdir(), 'mutation-'));
const SLOW = /^(text\/|schedules\/table|vae\/(encode|decode)|msrq\/|own\/t2v)|^training/;
let entries: KitEntry[] = [];

beforeAll(async () => {
  const options = { golden: join(root, 'fixtures/golden'), levels: ['L0', 'L1', 'L2', 'L3'], wanted: (id: string) => !SLOW.test(id) };
  entries = await exportKit(kit, referenceBackend(), options);
});
afterAll(() => rmSync(kit, { recursive: true }));

it('the unbroken program passes', async () => expect(await attribute(undefined, kit, entries)).toBeUndefined());

it.each(MUTANTS.filter(({ quick, step }) => quick && step !== 'L1'))('$step: $name', async (mutant) => {
  const caught = await attribute(mutant, kit, entries);
  expect(caught?.divergence.step, `caught by ${caught?.id} ${caught?.divergence.output}`).toBe(mutant.step);
});
