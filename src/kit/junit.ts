/** A check as JUnit XML: one suite a level, one test a case, with totals and, where a port was driven, times. */

import { escapeMarkup } from '../io/markup.ts';
import { describeStep } from '../spec/steps.ts';
import type { KitCaseReport, KitReport } from './check.ts';
import { LEVELS } from './levels.ts';
import { isFault } from './outputs.ts';
import type { OutputReport } from './outputs.ts';

export function junitXml({ kit, profile, cases }: KitReport): string {
  const levels = Object.keys(LEVELS).filter((level) => cases.some((report) => report.level === level));
  const facts = { ...Object.fromEntries(Object.entries(kit).map(([key, value]) => [`kit.${key}`, value])), profile };
  const property = ([key, value]: [string, string]): string => `<property name="${key}" value="${escapeMarkup(value)}"/>\n`;
  const properties = `<properties>\n${Object.entries(facts).map(property).join('')}</properties>\n`;
  const suites = levels.map((level) => {
    const own = cases.filter((report) => report.level === level);
    return `<testsuite name="${level}" ${totals(own)}>\n${properties}${own.map(test).join('')}</testsuite>\n`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="infinitystar kit" ${totals(cases)}>\n${suites.join('')}</testsuites>\n`;
}

function totals(cases: readonly KitCaseReport[]): string {
  const count = (...statuses: readonly string[]): number => cases.filter(({ status }) => statuses.includes(status)).length;
  const seconds = cases.reduce((sum, report) => sum + (report.seconds ?? 0), 0);
  return `tests="${cases.length}" failures="${count('failed')}" errors="${count('error', 'unreadable')}" ` +
    `skipped="${count('not run', 'partly run')}" time="${seconds.toFixed(3)}"`;
}

function test(report: KitCaseReport): string {
  const { id, level, status, seconds } = report;
  const time = seconds === undefined ? '' : ` time="${seconds.toFixed(3)}"`;
  const open = `<testcase classname="infinitystar.${level}" name="${escapeMarkup(id)}"${time}`;
  if (status === 'passed') return `${open}/>\n`;
  return `${open}>${verdict(report)}</testcase>\n`;
}

/** A partly run case counts as skipped: it has not passed, and nothing in it is wrong. */
function verdict({ status, divergence, problems, why, compared, expected, outputs }: KitCaseReport): string {
  if (status === 'not run') return `<skipped message="${escapeMarkup(why ?? 'not run')}"/>`;
  if (status === 'partly run') return `<skipped message="partly run: ${compared} of ${expected} outputs compared"/>`;
  const tag = status === 'failed' ? 'failure' : 'error';
  const message = divergence === undefined ? [why, ...problems].filter(Boolean).join('; ') : `${divergence.output}: ${describeStep(divergence.step)}`;
  const text = [...outputs.filter(isFault).flatMap(faultLines), ...problems].join('\n');
  return `<${tag} message="${escapeMarkup(message)}">${escapeMarkup(text)}</${tag}>`;
}

function faultLines(fault: OutputReport): string[] {
  const { output, where, problem, first, worst, failures, elements, tolerance, causes, hints } = fault;
  const lines = [output, where, problem === where ? undefined : problem].filter((line) => line !== undefined);
  if (first !== undefined) {
    lines.push(`got ${first.got}`, `expected ${first.expected}`, `error ${first.error.absolute} absolute, ${first.error.relative} relative`);
    lines.push(`worst error ${worst.absolute}; ${failures} of ${elements} values out of tolerance`);
  }
  if (tolerance !== undefined) lines.push(`tolerance ${tolerance.atol} + ${tolerance.rtol}·|expected| (${tolerance.why})`);
  return [...lines, ...causes.map((cause) => `likely: ${cause}`), ...hints.map((hint) => `this step says: ${hint}`)];
}
