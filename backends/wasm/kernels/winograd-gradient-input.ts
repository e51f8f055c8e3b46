/**
 * The input of a 3×3 convolution for winograd.ts: V = Bᵀ d B for every 4×4 tile d of a frame, where
 *
 *   Bᵀ = [1 0 −1 0; 0 1 1 0; 0 −1 1 0; 0 1 0 −1].
 *
 * Four tiles side by side, two columns apart, are a quad: four rows of ten columns of x, zeros around the frame.
 */

/** Every other element of two vectors. */
// @ts-ignore: decorator
@inline
function even(a: v128, b: v128): v128 {
  return i32x4.shuffle(a, b, 0, 2, 4, 6);
}

// @ts-ignore: decorator
@inline
function odd(a: v128, b: v128): v128 {
  return i32x4.shuffle(a, b, 1, 3, 5, 7);
}

/** (a b c d) of a row of four tiles becomes (a − c, b + c, c − b, b − d); the columns of tile j are 2j … 2j + 3 of the ten. */
// @ts-ignore: decorator
@inline
function storeRow(to: usize, step: usize, left: v128, middle: v128, right: v128): void {
  const a = even(left, middle);
  const b = odd(left, middle);
  const c = i32x4.shuffle(a, right, 1, 2, 3, 4);
  const d = i32x4.shuffle(b, right, 1, 2, 3, 5);
  v128.store(to, f32x4.sub(a, c));
  v128.store(to + step, f32x4.add(b, c));
  v128.store(to + 2 * step, f32x4.sub(c, b));
  v128.store(to + 3 * step, f32x4.sub(b, d));
}

// @ts-ignore: decorator
@inline
function storeTile(
  to: usize, step: usize, a0: v128, a1: v128, a2: v128, b0: v128, b1: v128, b2: v128, c0: v128, c1: v128, c2: v128,
  d0: v128, d1: v128, d2: v128,
): void {
  storeRow(to, step, f32x4.sub(a0, c0), f32x4.sub(a1, c1), f32x4.sub(a2, c2));
  storeRow(to + 4 * step, step, f32x4.add(b0, c0), f32x4.add(b1, c1), f32x4.add(b2, c2));
  storeRow(to + 8 * step, step, f32x4.sub(c0, b0), f32x4.sub(c1, b1), f32x4.sub(c2, b2));
  storeRow(to + 12 * step, step, f32x4.sub(b0, d0), f32x4.sub(b1, d1), f32x4.sub(b2, d2));
}

/** Quad `j` of row `i` of a frame's tiles: 16 vectors, `step` bytes apart. */
// @ts-ignore: decorator
@inline
export function transformQuad(to: usize, step: usize, frame: usize, i: u32, j: u32, height: u32, width: u32): void {
  const h = i32(i) * 2 - 1;
  const w = i32(j) * 8 - 1;
  const x: usize = frame + ((h * width + w) << 2);
  if (h >= 0 && w >= 0 && h + 4 <= i32(height) && w + 12 <= i32(width)) transformInside(to, step, x, width << 2);
  else transformBorder(to, step, x, width << 2, h, w, height, width);
}

/** `x` is at its first column, rows `row` bytes apart. */
function transformInside(to: usize, step: usize, x: usize, row: usize): void {
  storeTile(
    to, step, v128.load(x), v128.load(x, 16), v128.load(x, 32),
    v128.load(x + row), v128.load(x + row, 16), v128.load(x + row, 32),
    v128.load(x + 2 * row), v128.load(x + 2 * row, 16), v128.load(x + 2 * row, 32),
    v128.load(x + 3 * row), v128.load(x + 3 * row, 16), v128.load(x + 3 * row, 32),
  );
}

/** `h` and `w` are its first row and column, −1 or more. */
function transformBorder(to: usize, step: usize, x: usize, row: usize, h: i32, w: i32, height: i32, width: i32): void {
  const left = v128.andnot(i32x4.lt_s(columns(w), i32x4.splat(width)), i32x4.lt_s(columns(w), i32x4.splat(0)));
  const middle = i32x4.lt_s(columns(w + 4), i32x4.splat(width));
  const right = i32x4.lt_s(columns(w + 8), i32x4.splat(width));
  const two = w + 4 < width;
  const three = w + 8 < width;
  const a = h >= 0;
  const b = h + 1 < height;
  const c = h + 2 < height;
  const d = h + 3 < height;
  storeTile(
    to, step, part(a, x, left), part(a && two, x + 16, middle), part(a && three, x + 32, right),
    part(b, x + row, left), part(b && two, x + row + 16, middle), part(b && three, x + row + 32, right),
    part(c, x + 2 * row, left), part(c && two, x + 2 * row + 16, middle), part(c && three, x + 2 * row + 32, right),
    part(d, x + 3 * row, left), part(d && two, x + 3 * row + 16, middle), part(d && three, x + 3 * row + 32, right),
  );
}

// @ts-ignore: decorator
@inline
function columns(first: i32): v128 {
  return i32x4.add(i32x4.splat(first), i32x4(0, 1, 2, 3));
}

/** Nothing is read where nothing is used. */
// @ts-ignore: decorator
@inline
function part(used: bool, from: usize, lanes: v128): v128 {
  return used ? v128.and(lanes, v128.load(from)) : f32x4.splat(0);
}
