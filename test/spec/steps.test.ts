/** The table of steps and the source agree: no step without code, no unknown step, no listed function gone. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { declaredSteps, lineOf } from '../../src/spec/declared.ts';
import { paperMap } from '../../src/spec/paper-map.ts';
import { STEPS } from '../../src/spec/steps.ts';

const root = join(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(join(root, 'src', file), 'utf8');
const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
const declared = new Map(sources.filter((file) => !file.startsWith('spec/')).map((file) => [file, declaredSteps(read(file))]));

/** How many steps the specification has under each letter. */
const COUNTS = { P: 5, V: 10, Q: 8, R: 3, T: 7, S: 12, X: 2, L: 6 };

describe('the table of steps', () => {
  it('has every step of the specification and no other', () => {
    const ids = Object.entries(COUNTS).flatMap(([letter, count]) => Array.from({ length: count }, (_, i) => `${letter}${i + 1}`));
    expect(Object.keys(STEPS)).toEqual(ids);
  });

  it.each(Object.keys(STEPS))('%s has code that carries its identifier', (id) => {
    const { code } = STEPS[id];
    expect(code).not.toEqual([]);
    for (const place of code) {
      const [file, name] = place.split(':') as [string, string];
      expect(lineOf(read(file), name), `${place} is gone`).toBeGreaterThan(0);
      expect(declared.get(file), `${file} does not say 'Spec ${id}'`).toContain(id);
    }
  });

  it('knows every identifier that the source declares', () => {
    const unknown = [...declared].flatMap(([file, ids]) => ids.filter((id) => !(id in STEPS)).map((id) => `${file}: ${id}`));
    expect(unknown).toEqual([]);
  });
});

describe('declaredSteps', () => {
  it.each([
    ['/** Spec V5. */', ['V5']],
    ['/** Spec S3–S5, T6. */', ['S3', 'S4', 'S5', 'T6']],
    ['/**\n * Spec V9,\n * V10 and Q1: more\n */', ['V9', 'V10', 'Q1']],
    ['/** see spec V5 */', []],
    ['const x = "Spec V5"; // Spec V4', []],
  ])('reads %j', (comment, ids) => expect(declaredSteps(comment)).toEqual(ids));
});

describe('docs/paper-map.md', () => {
  it('is what npm run docs:map writes', () => {
    expect(readFileSync(join(root, 'docs/paper-map.md'), 'utf8')).toBe(paperMap(root));
  });
});
