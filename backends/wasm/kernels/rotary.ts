/**
 * Turns the pairs (2i, 2i+1) of every row by the angles of its position:
 *
 *   y[2i] = x[2i] · cos − x[2i+1] · sin,   y[2i+1] = x[2i] · sin + x[2i+1] · cos
 *
 * Task: some rows. Arguments: 0 y, 1 x, 2 rows, 3 rows per task, 4 pairs per row, 5 positions L, 6 rope (2, L, pairs).
 */

import { arg } from './job';

export function rotary(task: u32): void {
  const first = task * arg(3);
  const end = min(first + arg(3), arg(2));
  const pairs = arg(4);
  const sines: usize = (arg(5) * pairs) << 2; // bytes from cosines to sines
  for (let row = first; row < end; row++) {
    const offset = (row * pairs) << 3;
    rotaryRow(arg(0) + offset, arg(1) + offset, arg(6) + (((row % arg(5)) * pairs) << 2), sines, pairs);
  }
}

function rotaryRow(y: usize, x: usize, rope: usize, sines: usize, pairs: u32): void {
  for (; pairs >= 4; pairs -= 4) {
    const a = v128.load(x);
    const b = v128.load(x, 16);
    const even = i32x4.shuffle(a, b, 0, 2, 4, 6);
    const odd = i32x4.shuffle(a, b, 1, 3, 5, 7);
    const c = v128.load(rope);
    const s = v128.load(rope + sines);
    const left = f32x4.sub(f32x4.mul(even, c), f32x4.mul(odd, s));
    const right = f32x4.add(f32x4.mul(even, s), f32x4.mul(odd, c));
    v128.store(y, i32x4.shuffle(left, right, 0, 4, 1, 5));
    v128.store(y, i32x4.shuffle(left, right, 2, 6, 3, 7), 16);
    x += 32;
    y += 32;
    rope += 16;
  }
  for (; pairs > 0; pairs--) {
    const even = f32.load(x);
    const odd = f32.load(x, 4);
    const c = f32.load(rope);
    const s = f32.load(rope + sines);
    f32.store(y, even * c - odd * s);
    f32.store(y, even * s + odd * c, 4);
    x += 8;
    y += 8;
    rope += 4;
  }
}
