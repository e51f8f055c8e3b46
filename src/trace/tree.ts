/** The stages of a trace as a tree, a line each: name, step, shape and statistics; parts of a name that repeat are left out. */

import type { TraceStage } from './read.ts';

export function formatStages(stages: readonly TraceStage[]): string {
  const rows: string[][] = [['stage', 'step', 'shape', 'min', 'max', 'mean', 'std', '']];
  let open: readonly string[] = [];
  for (const stage of stages) {
    const parts = stage.name.split('/');
    const shared = sharedLength(open, parts);
    for (let depth = shared; depth < parts.length - 1; depth++) rows.push([indented(depth, `${parts[depth]}/`)]);
    rows.push([
      indented(parts.length - 1, parts.at(-1)!), stage.step, `(${stage.shape.join(', ')})`,
      ...[stage.min, stage.max, stage.mean, stage.std].map(shortNumber),
      stage.notFinite > 0 ? `${stage.notFinite} not finite` : '',
    ]);
    open = parts.slice(0, -1);
  }
  return table(rows, new Set([3, 4, 5, 6]));
}

/** So many folders of the line before are open still. */
function sharedLength(open: readonly string[], parts: readonly string[]): number {
  let shared = 0;
  while (shared < open.length && shared < parts.length - 1 && open[shared] === parts[shared]) shared++;
  return shared;
}

function indented(depth: number, text: string): string {
  return '  '.repeat(depth) + readable(text);
}

/** Names come from a file: nothing in them moves a terminal's cursor. */
export function readable(text: string): string {
  return text.replace(/\p{C}/gu, '?').slice(0, 200);
}

/** Four digits, wherever the point is. */
export function shortNumber(x: number): string {
  if (!Number.isFinite(x)) return String(x);
  if (x === 0) return '0';
  const size = Math.abs(x);
  return size >= 1e5 || size < 1e-3 ? x.toExponential(2) : String(Number(x.toPrecision(4)));
}

function table(rows: readonly (readonly string[])[], right: ReadonlySet<number>): string {
  const columns = Math.max(...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return rows.map((row) => {
    return row.map((cell, i) => (right.has(i) ? cell.padStart(widths[i]) : cell.padEnd(widths[i]))).join('  ').trimEnd();
  }).join('\n');
}
