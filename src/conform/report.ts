/** The report of a conformance run as a table for people. */

import { printable } from '../errors.ts';
import type { CaseReport } from './run.ts';

/** One line a case, below it the first divergence of a failed one, and a summary. */
export function formatReport(reports: readonly CaseReport[], backend: string): string {
  const width = Math.max(4, ...reports.map((report) => report.id.length));
  const lines = [`${'case'.padEnd(width)}  result   outputs  worst abs  worst rel  of tolerance  bits equal`];
  for (const report of reports) {
    lines.push(`${report.id.padEnd(width)}  ${row(report)}`);
    if (report.divergence !== undefined) {
      lines.push(`    first divergence: ${report.divergence.output} (${report.divergence.step}): ${report.divergence.where}`);
    }
  }
  return [...lines.map(printable), '', summary(reports, backend)].join('\n');
}

function row(report: CaseReport): string {
  if (report.status === 'unreadable') return `unreadable: ${report.note}`;
  const worst = (key: 'worstAbsolute' | 'worstRelative' | 'worstShare'): number => {
    return report.outputs.reduce((largest, output) => Math.max(largest, output[key]), 0);
  };
  const bits = report.bits.compared === 0 ? '-' : `${report.bits.equal}/${report.bits.compared}`;
  return [
    report.status.padEnd(7),
    String(report.outputs.length).padStart(7),
    worst('worstAbsolute').toExponential(1).padStart(9),
    worst('worstRelative').toExponential(1).padStart(9),
    `${(100 * worst('worstShare')).toFixed(1)} %`.padStart(12),
    bits.padStart(10),
  ].join('  ');
}

function summary(reports: readonly CaseReport[], backend: string): string {
  const count = (status: CaseReport['status']): number => reports.filter((report) => report.status === status).length;
  const parts = [`${count('passed')} passed`, `${count('failed')} failed`];
  if (count('unreadable') > 0) parts.push(`${count('unreadable')} unreadable`);
  const seconds = reports.reduce((sum, report) => sum + report.seconds, 0);
  return `${parts.join(', ')} on the ${backend} backend in ${seconds.toFixed(1)} s`;
}
