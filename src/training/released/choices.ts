/** Draws that the official data code makes with numpy: among weighted choices, in a shuffled order, whole numbers. */

import type { Uniforms } from '../../sampler/uniforms.ts';

/** 0 … count − 1, all alike. */
export function drawInteger(uniforms: Uniforms, count: number): number {
  return Math.floor(uniforms.next(1)[0] * count);
}

/** An item with probability weight/Σ weights. */
export function drawChoice<T>(uniforms: Uniforms, items: readonly T[], weights: readonly number[]): T {
  let left = uniforms.next(1)[0] * items.reduce((sum, _, i) => sum + weights[i], 0);
  for (const [i, item] of items.entries()) {
    left -= weights[i];
    if (left < 0) return item;
  }
  return items.at(-1)!;
}

/** The same items in an order of which all are as likely (R. Durstenfeld's shuffle). */
export function drawOrder<T>(uniforms: Uniforms, items: readonly T[]): T[] {
  const order = [...items];
  for (let i = order.length - 1; i > 0; i--) {
    const j = drawInteger(uniforms, i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
