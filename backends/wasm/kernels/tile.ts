/**
 * The register tile of matrix products: 4 rows × 8 columns of C stay in 8 vectors while k runs.
 *
 *   C[i, j] = from[i, j] + Σₖ a[k, i] · b[k, j],   a (K, 4), b (K, 8): packed panels (pack.ts)
 *
 * 8 sums, 2 vectors of b, one repeated element of a and one product are 12 of the 16 registers that V8 has on x64.
 * Per k there are 6 loads to 8 multiplications and 8 additions. Measured (Zen, GFLOP/s, operands in the first cache):
 * 4×8 22.7, unrolled twice 21.9, four times 19.8 (V8 hoists loads and runs out of registers); 6×8 21.0; 2×16 23.5;
 * 3×12 24.3 and 5×8 24.2, which fit the usual powers of two worse than they gain. 25 is what the machine can do.
 */

/** `c` and `from` are rows of 8, `strideC` and `strideFrom` bytes apart. */
export function tile(a: usize, b: usize, depth: u32, c: usize, strideC: u32, from: usize, strideFrom: u32): void {
  let c00 = f32x4.splat(0);
  let c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
  for (let k = depth; k > 0; k--) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let x = v128.load32_splat(a);
    c00 = f32x4.add(c00, f32x4.mul(x, b0));
    c01 = f32x4.add(c01, f32x4.mul(x, b1));
    x = v128.load32_splat(a, 4);
    c10 = f32x4.add(c10, f32x4.mul(x, b0));
    c11 = f32x4.add(c11, f32x4.mul(x, b1));
    x = v128.load32_splat(a, 8);
    c20 = f32x4.add(c20, f32x4.mul(x, b0));
    c21 = f32x4.add(c21, f32x4.mul(x, b1));
    x = v128.load32_splat(a, 12);
    c30 = f32x4.add(c30, f32x4.mul(x, b0));
    c31 = f32x4.add(c31, f32x4.mul(x, b1));
    a += 16;
    b += 32;
  }
  storeRow(c, c00, c01, from);
  storeRow(c + strideC, c10, c11, from + strideFrom);
  storeRow(c + 2 * strideC, c20, c21, from + 2 * strideFrom);
  storeRow(c + 3 * strideC, c30, c31, from + 3 * strideFrom);
}

// @ts-ignore: decorator
@inline
function storeRow(c: usize, left: v128, right: v128, from: usize): void {
  const right0 = v128.load(from, 16);
  v128.store(c, f32x4.add(left, v128.load(from)));
  v128.store(c, f32x4.add(right, right0), 16);
}

/**
 * The same with b read in place through a table: row k of b is at `b + offsets[k]` (4 bytes each).
 * `c` (4, 8) is set, or added to.
 */
export function tileThrough(a: usize, b: usize, offsets: usize, depth: u32, c: usize, add: bool): void {
  let c00 = f32x4.splat(0);
  let c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
  for (let k = depth; k > 0; k--) {
    const at: usize = b + load<u32>(offsets);
    const b0 = v128.load(at);
    const b1 = v128.load(at, 16);
    let x = v128.load32_splat(a);
    c00 = f32x4.add(c00, f32x4.mul(x, b0));
    c01 = f32x4.add(c01, f32x4.mul(x, b1));
    x = v128.load32_splat(a, 4);
    c10 = f32x4.add(c10, f32x4.mul(x, b0));
    c11 = f32x4.add(c11, f32x4.mul(x, b1));
    x = v128.load32_splat(a, 8);
    c20 = f32x4.add(c20, f32x4.mul(x, b0));
    c21 = f32x4.add(c21, f32x4.mul(x, b1));
    x = v128.load32_splat(a, 12);
    c30 = f32x4.add(c30, f32x4.mul(x, b0));
    c31 = f32x4.add(c31, f32x4.mul(x, b1));
    a += 16;
    offsets += 4;
  }
  if (add) {
    c00 = f32x4.add(c00, v128.load(c));
    c01 = f32x4.add(c01, v128.load(c, 16));
    c10 = f32x4.add(c10, v128.load(c, 32));
    c11 = f32x4.add(c11, v128.load(c, 48));
    c20 = f32x4.add(c20, v128.load(c, 64));
    c21 = f32x4.add(c21, v128.load(c, 80));
    c30 = f32x4.add(c30, v128.load(c, 96));
    c31 = f32x4.add(c31, v128.load(c, 112));
  }
  v128.store(c, c00);
  v128.store(c, c01, 16);
  v128.store(c, c10, 32);
  v128.store(c, c11, 48);
  v128.store(c, c20, 64);
  v128.store(c, c21, 80);
  v128.store(c, c30, 96);
  v128.store(c, c31, 112);
}
