/**
 * Reads positions back from wrong rotary tables: the pairs are four parts of n, and pair i of a part turns by position ·
 * 10000^(−i/n). A shift of positions turns every pair of a part by its frequency times the shift.
 */

const AXES = ['scale', 'time', 'height', 'width'];

/** Shifts that are looked for. */
const MOST = 2048;

/**
 * @param shape (2, …, L, pairs), cosines then sines, all four axes.
 * @returns in words which axis' positions differ, and how; nothing if the table is not one of shifted positions.
 */
export function ropeShift(shape: readonly number[], got: ArrayLike<number>, right: ArrayLike<number>): string | undefined {
  const pairs = shape.at(-1)!;
  if (shape[0] !== 2 || pairs % 4 !== 0) return undefined;
  const n = pairs / 4;
  const rows = right.length / (2 * pairs);
  const angle = (table: ArrayLike<number>, row: number, pair: number): number => {
    return Math.atan2(table[(rows + row) * pairs + pair], table[row * pairs + pair]);
  };
  const shiftAt = (row: number, axis: number): number | undefined => {
    const turns = Array.from({ length: n }, (_, i) => angle(got, row, axis * n + i) - angle(right, row, axis * n + i));
    const fits = (shift: number): boolean => turns.every((turn, i) => isFullTurn(turn - shift * 10000 ** (-i / n)));
    for (let size = 0; size <= MOST; size++) {
      if (fits(size)) return size;
      if (fits(-size)) return -size;
    }
    return undefined;
  };
  for (const [axis, name] of AXES.entries()) {
    const shifts = Array.from({ length: Math.min(rows, 64) }, (_, row) => shiftAt(row, axis));
    const row = shifts.findIndex((shift) => shift !== 0);
    if (row < 0) continue;
    const shift = shifts[row];
    if (shift === undefined) return undefined;
    const all = shifts.every((other) => other === shift);
    return `positions on the ${name} axis are off by ${shift > 0 ? '+' : '−'}${Math.abs(shift)}, ${all ? 'the same for all tokens' : `first at token ${row}`}`;
  }
  return undefined;
}

function isFullTurn(angle: number): boolean {
  return Math.abs(angle - 2 * Math.PI * Math.round(angle / (2 * Math.PI))) < 2e-3;
}
