/** No name in a case or a kit becomes a path that leads out of its folder. */

import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { referenceBackend } from '../../reference/backend.ts';
import { loadCase } from '../../src/conform/load.ts';
import { FileError } from '../../src/errors.ts';
import { fileNameOf, plainPath } from '../../src/io/plain-path.ts';
import { exportKit } from '../../src/kit/export.ts';
import { KIT_FORMAT, readManifest } from '../../src/kit/manifest.ts';

const root = join(import.meta.dirname, '../..');
const ID = 'bsq/codes-from-bits';

/** A set of one case, whose description is changed. */
function setOf(change: (description: Record<string, unknown>) => void): { folder: string; golden: string } {
  const folder = mkdtempSync(join(tmpdir(), 'paths-'));
  const golden = join(folder, 'golden');
  const from = join(root, 'fixtures/golden', ID);
  cpSync(from, join(golden, ID), { recursive: true });
  const file = join(golden, ID, 'case.json');
  const description = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  change(description);
  writeFileSync(file, JSON.stringify(description));
  mkdirSync(join(folder, 'victim'));
  return { folder, golden };
}

const exported = (golden: string, to: string) => exportKit(to, referenceBackend(), { golden, levels: ['L2'], wanted: (id) => !id.startsWith('own/') });

it.each(['../victim/evil', '/tmp/evil', 'a/../../victim/evil', 'a\\..\\b', 'C:evil', 'a//b', '.', ''])('a case called %j is refused', async (id) => {
  const { folder, golden } = setOf((description) => { description['id'] = id; });
  await expect(exported(golden, join(folder, 'kit'))).rejects.toThrow('no plain relative name');
  expect(readdirSync(join(folder, 'victim'))).toEqual([]);
  writeFileSync(join(folder, 'kit.json'), JSON.stringify({ format: KIT_FORMAT, cases: [{ id, kind: 'bsq_codes', level: 'L2' }] }));
  expect(() => readManifest(folder)).toThrow('no plain relative name');
});

it('weights and tokenizers of a case lie inside its set', async () => {
  for (const weights_npz of [['../../etc/passwd'], ['/etc/passwd'], ['a/../../x.npz']]) {
    const { folder, golden } = setOf((description) => { description['weights_npz'] = weights_npz; });
    expect(() => loadCase(join(golden, ID)).weights()).toThrow('no plain relative name');
    await expect(exported(golden, join(folder, 'kit'))).rejects.toThrow('no plain relative name');
  }
});

it('an id does not make folders above the set part of it', () => {
  const { golden } = setOf((description) => { description['id'] = 'a/b/c/d/e/f/g/h/i'; });
  expect(loadCase(join(golden, ID)).root).toBe(join(golden, ID));
});

it('what a case links to is neither copied nor written through', async () => {
  const { folder, golden } = setOf(() => undefined);
  const outside = join(folder, 'victim/precious');
  writeFileSync(outside, 'precious');
  symlinkSync(outside, join(golden, ID, 'out.json'));
  await exported(golden, join(folder, 'kit'));
  expect(existsSync(join(folder, 'kit', ID, 'case.json'))).toBe(true);
  expect(existsSync(join(folder, 'kit', ID, 'out.json'))).toBe(false);
  expect(readFileSync(outside, 'utf8')).toBe('precious');
});

it('a plain path stays below where it starts, and a made name is one', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => {
    expect(plainPath(`${fileNameOf(text, 'model')}_weights`, 'x')).not.toContain('/');
    let path;
    try {
      path = plainPath(text, 'x');
    } catch (error) {
      expect(error).toBeInstanceOf(FileError);
      return;
    }
    expect(join('/a/b', path).startsWith('/a/b/')).toBe(true);
  }));
  expect(fileNameOf('infinitystar-8b-480p', 'model')).toBe('infinitystar_8b_480p');
  expect(fileNameOf('../../x/y', 'model')).toBe('x_y');
  expect(fileNameOf('..', 'model')).toBe('model');
});
