/**
 * Rotary embedding of positions (spec R1): every pair (2i, 2i+1) of the last axis is turned by its angle,
 *
 *   y[2i]     = x[2i] · cos − x[2i+1] · sin
 *   y[2i + 1] = x[2i] · sin + x[2i+1] · cos
 *
 * x (…, L, D), rope (2, L, D/2): cosines, then sines. Source: models/rope.py:apply_rotary_emb.
 * @throws ShapeError
 */

import { rotaryShape } from '../src/backend/shapes.ts';
import type { Dense } from './dense.ts';
import { zeros } from './dense.ts';

export function rotary(x: Dense, rope: Dense): Dense {
  const y = zeros(rotaryShape(x, rope)); // (…, L, D)
  const pairs = rope.values.length / 2; // L · D/2: position by position, the order of pairs in x
  for (let pair = 0; 2 * pair < x.values.length; pair++) {
    const [even, odd] = [x.values[2 * pair], x.values[2 * pair + 1]];
    const [cosine, sine] = [rope.values[pair % pairs], rope.values[pairs + (pair % pairs)]];
    y.values[2 * pair] = even * cosine - odd * sine;
    y.values[2 * pair + 1] = even * sine + odd * cosine;
  }
  return y;
}
