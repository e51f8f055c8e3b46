/** The report of a check for people: one line a case, every fault with its place, size, tolerance and likely causes. */

import { printable } from '../errors.ts';
import { describeStep } from '../spec/steps.ts';
import type { KitCaseReport, KitReport } from './check.ts';
import { isFault } from './outputs.ts';
import type { OutputReport } from './outputs.ts';

export function formatKitReport(report: KitReport): string {
  const { version, commit, sha256 } = report.kit;
  const strange = report.strange.map((file) => `      unknown file: ${file}, belongs to no case`);
  const lines = [...report.cases.flatMap(caseLines), ...strange];
  return [...lines, '', `kit ${version} of ${commit.slice(0, 12)}, SHA-256 ${sha256.slice(0, 12)}…, profile ${report.profile}`, summary(report)]
    .map(printable).join('\n');
}

function caseLines(report: KitCaseReport): string[] {
  const count = (status: OutputReport['status']): number => report.outputs.filter((output) => output.status === status).length;
  const notes = (['passed', 'missing', 'tie', 'follows', 'unjudged', 'unknown'] as const)
    .filter((status) => count(status) > 0)
    .map((status) => `${count(status)} ${WORDS[status]}`);
  const wrong = report.outputs.filter(isFault).length;
  if (wrong > 0) notes.unshift(`${wrong} wrong`);
  const share = report.status === 'partly run' ? `${report.compared} of ${report.expected} outputs: ` : '';
  const lines = [`${report.level}  ${report.status.padEnd(10)} ${report.id}  (${share}${notes.join(', ')})`];
  if (report.why !== undefined) lines.push(`      ${report.status === 'error' ? 'error' : 'skipped'}: ${report.why}`);
  lines.push(...report.problems.map((problem) => `      unreadable: ${problem}`));
  const shown = report.compared > 0 ? report.outputs : report.outputs.filter(({ status }) => status === 'unknown');
  return [...lines, ...shown.flatMap((output) => outputLines(output, output === report.divergence))];
}

const WORDS = {
  passed: 'as expected', missing: 'not written', tie: 'tied', follows: 'different as a consequence', unjudged: 'not judged after a tie', unknown: 'unknown',
} as const;

/** Nothing for what is as expected or follows from a fault above. */
function outputLines(output: OutputReport, isFirst: boolean): string[] {
  const { status, problem, where, first, worst, tolerance, failures, elements, causes, hints } = output;
  if (status === 'missing') return [`      missing: ${output.output}`];
  if (status === 'unknown') return [`      unknown: ${output.output}: ${problem}`];
  if (status === 'tie') return [`      tie: ${output.output}: ${failures} of ${elements} bits decided by less than rounding noise`];
  if (!isFault(output)) return [];
  const lines = [`      ${isFirst ? 'first divergence' : 'another fault'}: ${output.output} · ${describeStep(output.step)}`];
  if (problem !== undefined) lines.push(`        ${problem}`);
  if (first !== undefined && where !== undefined) {
    const { absolute, relative, ulp } = first.error;
    lines.push(
      `        at ${where}: got ${first.got}, expected ${first.expected}`,
      `        error ${short(absolute)} absolute, ${short(relative)} relative, ${short(ulp)} ulp; worst ${short(worst.absolute)}; ` +
        `${failures} of ${elements} values out of tolerance`,
    );
  }
  if (tolerance !== undefined) {
    lines.push(`        tolerance ${tolerance.atol} + ${tolerance.rtol}·|expected| (${tolerance.why})`);
  }
  const said = causes.length > 0 ? [] : hints.map((hint) => `        this step says: ${hint}`);
  return [...lines, ...causes.map((cause) => `        likely: ${cause}`), ...said];
}

function short(x: number): string {
  return x === 0 || (x >= 0.01 && x < 1e6) ? String(Number(x.toPrecision(3))) : x.toExponential(1);
}

function summary({ cases, first }: KitReport): string {
  const count = (status: KitCaseReport['status']): number => cases.filter((report) => report.status === status).length;
  const parts = [`${count('passed')} cases passed`, `${count('failed')} failed`, `${count('partly run')} partly run`, `${count('not run')} not run`];
  if (count('error') > 0) parts.push(`${count('error')} with errors`);
  if (count('unreadable') > 0) parts.push(`${count('unreadable')} unreadable`);
  const where = first === undefined ? '' : `; fix first: ${first.output} of ${first.id} (${first.level}), ${describeStep(first.step)}`;
  return parts.join(', ') + where;
}
