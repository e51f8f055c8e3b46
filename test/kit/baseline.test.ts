/** Only what has become worse fails against a baseline; the badge says how many cases passed. */

import { expect, it } from 'vitest';
import { badge, baselineOf, regressions } from '../../src/kit/baseline.ts';
import type { CaseStatus, KitReport } from '../../src/kit/check.ts';

const report = (statuses: Readonly<Record<string, CaseStatus>>): KitReport => ({
  kit: { version: '1', commit: 'c', sha256: 's' }, profile: 'float32', strange: [],
  cases: Object.entries(statuses).map(([id, status]) => {
    return { id, kind: 'k', level: 'L1', status, outputs: [], compared: 0, expected: 0, problems: [] };
  }),
});

it('a baseline tells only what has become worse', () => {
  const before = JSON.parse(JSON.stringify(baselineOf(report({ a: 'passed', b: 'failed', c: 'partly run' })))) as unknown;
  expect(regressions(before, report({ a: 'passed', b: 'failed', c: 'passed', d: 'failed' }))).toEqual([]);
  expect(regressions(before, report({ a: 'partly run', b: 'not run', c: 'failed' }))).toEqual([
    'worse: L1 a was passed, is partly run', 'worse: L1 c was partly run, is failed',
  ]);
  expect(() => regressions(before, { ...report({}), profile: 'bf16' })).toThrow(/a baseline of profile bf16/);
  expect(() => regressions([], report({}))).toThrow(/baseline: expected an object/);
});

it('a badge counts', () => {
  expect(badge(report({ a: 'passed', b: 'not run' }))).toMatch(/^<svg [^>]*aria-label="infinitystar kit: 1 of 2 passed">/);
  expect(badge(report({ a: 'failed' }))).toContain('#c0392b');
});
