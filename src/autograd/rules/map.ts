/** Functions of one variable: x̄ = g · f′(x). That of `step` is 0 everywhere: nothing flows back, so that it needs no rule. */

import type { MapFunction, Tensor } from '../../backend/backend.ts';
import type { Pullback } from './pullback.ts';

export type DifferentiableMap = Exclude<MapFunction, 'step'>;

export function mapRule(f: DifferentiableMap, x: Tensor): Pullback[] {
  return [{ keeps: [x], pull: (b, g) => b.mapGradient(f, x, g) }]; // (…)
}
