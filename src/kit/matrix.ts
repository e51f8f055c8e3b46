/** What a port supports, as a Markdown table: kinds by level, how many cases passed and how many outputs were compared. */

import { escapeMarkdown } from '../io/markup.ts';
import type { KitCaseReport, KitReport } from './check.ts';
import { KIND_ORDER, LEVELS } from './levels.ts';

export function supportMatrix({ kit, profile, cases }: KitReport, name: string): string {
  const which = `Kit ${kit.version} of commit ${kit.commit}, SHA-256 ${kit.sha256}, profile ${profile}.`;
  const head = ['| Level | Kind | Cases passed | Outputs compared | Result |', '| --- | --- | --- | --- | --- |'];
  const lines = [`# Conformance of ${escapeMarkdown(name)}`, '', which, '', ...head];
  for (const kind of KIND_ORDER) {
    const own = cases.filter((report) => report.kind === kind);
    if (own.length === 0) continue;
    const sum = (key: 'compared' | 'expected'): number => own.reduce((total, report) => total + report[key], 0);
    const passed = own.filter(({ status }) => status === 'passed').length;
    lines.push(`| ${own[0].level} | ${kind} | ${passed}/${own.length} | ${sum('compared')}/${sum('expected')} | ${resultOf(own)} |`);
  }
  const levels = Object.entries(LEVELS).map(([level, meaning]) => `- **${level}** ${meaning}`);
  return `${[...lines, '', ...levels].join('\n')}\n`;
}

function resultOf(cases: readonly KitCaseReport[]): string {
  const wrong = cases.find(({ status }) => status === 'failed' || status === 'error' || status === 'unreadable');
  if (wrong?.divergence !== undefined) return `✗ ${escapeMarkdown(`${wrong.id}: ${wrong.divergence.output} (${wrong.divergence.step})`)}`;
  if (wrong !== undefined) return `✗ ${escapeMarkdown(wrong.id)}: ${wrong.status}`;
  if (cases.every(({ status }) => status === 'passed')) return '✓';
  const others = ['partly run', 'not run'].map((status) => [cases.filter((one) => one.status === status).length, status] as const);
  return others.filter(([count]) => count > 0).map(([count, status]) => `${count} ${status}`).join(', ');
}
