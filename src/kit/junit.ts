/** A check as JUnit XML: one suite a level, one test a case. */

import { escapeMarkup } from '../io/markup.ts';
import { describeStep } from '../spec/steps.ts';
import type { KitCaseReport, KitReport } from './check.ts';
import { LEVELS } from './levels.ts';

export function junitXml({ cases }: KitReport): string {
  const suites = Object.keys(LEVELS).map((level) => suite(level, cases.filter((report) => report.level === level)));
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${suites.join('')}</testsuites>\n`;
}

function suite(level: string, cases: readonly KitCaseReport[]): string {
  const failures = cases.filter(({ status }) => status === 'failed').length;
  const errors = cases.filter(({ status }) => status === 'unreadable').length;
  const skipped = cases.filter(({ status }) => status === 'not run').length;
  const counts = `tests="${cases.length}" failures="${failures}" errors="${errors}" skipped="${skipped}"`;
  return `<testsuite name="${level}" ${counts}>\n${cases.map(test).join('')}</testsuite>\n`;
}

function test({ id, level, status, divergence, problems }: KitCaseReport): string {
  const open = `<testcase classname="infinitystar.${level}" name="${escapeMarkup(id)}"`;
  if (status === 'passed') return `${open}/>\n`;
  if (status === 'not run') return `${open}><skipped/></testcase>\n`;
  const message = divergence === undefined ? problems.join('; ') : `${divergence.output}: ${describeStep(divergence.step)}`;
  const text = [divergence?.where, divergence?.problem, ...(divergence?.causes ?? []), ...problems].filter(Boolean).join('\n');
  const tag = status === 'failed' ? 'failure' : 'error';
  return `${open}><${tag} message="${escapeMarkup(message)}">${escapeMarkup(text)}</${tag}></testcase>\n`;
}
