/**
 * Reads positions back from wrong rotary tables: with pairs in four parts of n, angles are position · 10000^(−i/n), so the
 * pair i = 0 of a part turns by the position itself, modulo a full turn.
 */

const AXES = ['scale', 'time', 'height', 'width'];

/**
 * @param shape (2, …, L, pairs), cosines then sines.
 * @returns in words which axis' positions differ, and how; nothing if the table is not one of wrong positions.
 */
export function ropeShift(shape: readonly number[], got: ArrayLike<number>, right: ArrayLike<number>): string | undefined {
  const pairs = shape.at(-1)!;
  if (shape[0] !== 2 || pairs % 4 !== 0) return undefined;
  const n = pairs / 4;
  const rows = right.length / (2 * pairs);
  const angle = (table: ArrayLike<number>, row: number, pair: number): number => {
    return Math.atan2(table[(rows + row) * pairs + pair]!, table[row * pairs + pair]!);
  };
  for (const [axis, name] of AXES.entries()) {
    const shifts = Array.from({ length: rows }, (_, row) => {
      const turn = angle(got, row, axis * n) - angle(right, row, axis * n);
      return turn - 2 * Math.PI * Math.round(turn / (2 * Math.PI));
    });
    const row = shifts.findIndex((shift) => Math.abs(shift) > 1e-3);
    if (row < 0) continue;
    const shift = shifts[row]!;
    const whole = Math.abs(shift - Math.round(shift)) < 1e-3;
    const all = shifts.every((other) => Math.abs(other - shift) < 1e-3);
    const by = whole ? `${shift > 0 ? '+' : '−'}${Math.abs(Math.round(shift))}` : 'an amount that is no small integer';
    return `positions on the ${name} axis are off by ${by}, ${all ? 'the same for all tokens' : `first at token ${row}`}`;
  }
  return undefined;
}
