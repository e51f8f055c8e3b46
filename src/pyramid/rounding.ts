/**
 * Rounding as numpy.round and torch.round do it: to the nearest integer, a tie to the even one
 * (0.5 → 0, 1.5 → 2, −0.5 → 0). Math.round sends ties upwards.
 */
export function roundHalfEven(x: number): number {
  const below = Math.floor(x);
  const rest = x - below; // exact
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}
