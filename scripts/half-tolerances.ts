/**
 * Measures the tolerances of the half-precision profiles (src/kit/profiles.ts) and writes
 * fixtures/kit/half-tolerances.json. Every case of a kit is computed once more with the roundings of bfloat16 and float16
 * where the official code's autocast has them, from the case's own history of bits. Also prints what can be held against
 * facts of the official code at that precision: how many bits differ, and how well decoded videos agree.
 *
 *     npx tsx scripts/half-tolerances.ts [id…]        only these cases; the others keep what they have
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { referenceBackend } from '../reference/backend.ts';
import { rowMajor } from '../src/array/host.ts';
import type { HostArray } from '../src/array/host.ts';
import type { Case } from '../src/conform/case.ts';
import { readJson } from '../src/conform/load.ts';
import { exportKit } from '../src/kit/export.ts';
import { withForcedBits } from '../src/kit/forced-case.ts';
import { kitKinds } from '../src/kit/kinds.ts';
import { LEVELS } from '../src/kit/levels.ts';
import { readKitCase } from '../src/kit/manifest.ts';
import { HALF_SHARE, unitOf } from '../src/kit/profiles.ts';
import { roundedBackend } from '../src/kit/rounded-backend.ts';
import type { HalfPrecision } from '../src/kit/rounded-backend.ts';
import { runStaged } from '../src/kit/staged.ts';
import { packageRoot } from '../src/kit/version.ts';

/** How much more than was measured a correct port may differ: it may round elsewhere. */
const MARGIN = 5;

const facts = { bits: 0, flipped: 0, squares: 0, values: 0 };

/** Output → atol. */
async function measure(c: Case, precision: HalfPrecision): Promise<Map<string, number>> {
  const known = new Map(c.outputs.map((output) => [output.name, output]));
  const found = new Map<string, number>();
  await runStaged(c, kitKinds.get(c.kind)!, roundedBackend(referenceBackend(), precision), {
    tensor(name, value) {
      const output = known.get(name);
      if (output === undefined) return;
      const expected = c.expected(name);
      if (precision === 'bf16') collect(c.kind, name, value, expected);
      if (output.dtype === 'float32') found.set(name, Number(absolute(name, value, expected, unitOf(precision)).toPrecision(2)));
    },
    json: () => undefined,
  });
  return found;
}

/**
 * Nothing but rounding of the element itself: no more is allowed. Else so many times what was seen, and two roundings of
 * a typical value; of residuals no more than eight of the largest, for after a bit that differs they are others.
 */
function absolute(name: string, value: HostArray, expected: HostArray, unit: number): number {
  const beyond = excess(value, expected, (HALF_SHARE / 2) * unit);
  if (beyond < 1e-6) return 1e-6; // float32 noise, as where tanh nears −1
  const values = Array.from(rowMajor(expected) as ArrayLike<number>);
  const typical = Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / values.length);
  const largest = values.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  const allowed = Math.max(MARGIN * beyond, 2 * unit * typical);
  return /(^|\/)residual/.test(name) ? Math.min(allowed, 8 * unit * largest) : allowed;
}

/** By how much the worst element differs beyond its own rounding. */
function excess(value: HostArray, expected: HostArray, share: number): number {
  const [a, b] = [rowMajor(value), rowMajor(expected)];
  let most = 0;
  for (let i = 0; i < b.length; i++) most = Math.max(most, Math.abs(a[i] - b[i]) - share * Math.abs(b[i]));
  return most;
}

function collect(kind: string, name: string, value: HostArray, expected: HostArray): void {
  const [a, b] = [rowMajor(value), rowMajor(expected)];
  for (let i = 0; i < b.length; i++) {
    if (name.startsWith('bits_sampled/')) {
      facts.bits += 1;
      facts.flipped += Number(a[i] !== b[i]);
    } else if (name === 'video' && kind === 'vae_decode') {
      facts.values += 1;
      facts.squares += (a[i] - b[i]) ** 2;
    }
  }
}

const target = join(packageRoot(), 'fixtures/kit/half-tolerances.json');
const chosen = process.argv.slice(2);
const wanted = (id: string): boolean => chosen.length === 0 || chosen.includes(id);
const folder = mkdtempSync(join(tmpdir(), 'half-'));
const options = { golden: join(packageRoot(), 'fixtures/golden'), levels: Object.keys(LEVELS), wanted };
const entries = await exportKit(folder, referenceBackend(), options);
const table = (chosen.length === 0 ? {} : readJson(target)) as Record<string, Record<string, [number, number]>>;
for (const entry of entries) {
  const original = readKitCase(folder, entry).case;
  // Drawn bits would take another way after the first that differs.
  const cases = original.kind === 'sample' ? [withForcedBits(original)]
    : original.kind === 'sample_conditioned' ? [original, withForcedBits({ ...original, kind: 'sample' })]
    : original.kind === 'sample_interact' ? [] : [original];
  const measured = { bf16: new Map<string, number>(), f16: new Map<string, number>() };
  for (const c of cases) {
    for (const precision of ['bf16', 'f16'] as const) for (const [name, atol] of await measure(c, precision)) measured[precision].set(name, atol);
  }
  const rows = [...measured.bf16].map(([name, atol]) => [name, [atol, measured.f16.get(name)!]] as [string, [number, number]]);
  if (rows.length > 0) table[entry.id] = Object.fromEntries(rows);
  process.stderr.write(`${entry.id}\n`);
}
rmSync(folder, { recursive: true });
const lines = Object.entries(table).map(([id, rows]) => `${JSON.stringify(id)}:${JSON.stringify(rows)}`);
writeFileSync(target, `{\n${lines.join(',\n')}\n}\n`);
process.stdout.write(`bits that differ with the same history: ${facts.flipped} of ${facts.bits}\n`);
if (facts.values > 0) process.stdout.write(`decoded videos agree to ${(10 * Math.log10(4 / (facts.squares / facts.values))).toFixed(1)} dB\n`);
