/** What a port supports, as a Markdown table: kinds by level, each passed, failed, partly or not run. */

import type { KitReport } from './check.ts';
import { KIND_ORDER, LEVELS } from './levels.ts';

export function supportMatrix({ cases }: KitReport, name: string): string {
  const lines = [`# Conformance of ${name}`, '', '| Level | Kind | Cases | Result |', '| --- | --- | --- | --- |'];
  for (const kind of KIND_ORDER) {
    const own = cases.filter((report) => report.kind === kind);
    if (own.length === 0) continue;
    const passed = own.filter(({ status }) => status === 'passed').length;
    const idle = own.filter(({ status }) => status === 'not run').length;
    const wrong = own.find(({ divergence }) => divergence !== undefined);
    const result = wrong !== undefined
      ? `✗ ${wrong.id}: ${wrong.divergence!.output} (${wrong.divergence!.step})`
      : idle === own.length ? '–' : passed === own.length ? '✓' : `✓ where run (${idle} not run)`;
    lines.push(`| ${own[0].level} | ${kind} | ${passed}/${own.length} | ${result} |`);
  }
  const levels = Object.entries(LEVELS).map(([level, meaning]) => `- **${level}** ${meaning}`);
  return `${[...lines, '', ...levels].join('\n')}\n`;
}
