/**
 * The output of a 3×3 convolution for winograd.ts: y = Aᵀ M A for 4×4 tiles of y. Four outputs are the lanes of a vector; at the
 * end they are transposed, and each row of a tile is one vector of an output.
 */

import { storeLanes } from './job';
import { output0, output1, output2, output3 } from './winograd-transforms';

/** Between the two steps: Aᵀ M, four rows of six vectors. */
export const SCRATCH: usize = 384;

/**
 * One tile of up to four outputs, `plane` bytes apart, with `rows` and `columns` that lie within the frame.
 * @param m 36 vectors, `step` bytes apart.
 */
export function transformTile(
  y: usize, plane: usize, row: usize, m: usize, step: usize, bias: v128, outputs: u32, rows: u32, columns: u32, scratch: usize,
): void {
  for (let to = scratch, end = scratch + 96; to < end; to += 16) {
    const up = v128.load(m + 6 * step);
    const down = v128.load(m + 12 * step);
    const far = v128.load(m + 18 * step);
    const near = v128.load(m + 24 * step);
    const sumP = f32x4.add(up, down);
    const sumQ = f32x4.add(far, near);
    const differenceP = f32x4.sub(up, down);
    const differenceQ = f32x4.sub(far, near);
    v128.store(to, output0(v128.load(m), sumP, sumQ));
    v128.store(to, output1(differenceP, differenceQ), 96);
    v128.store(to, output2(sumP, sumQ), 192);
    v128.store(to, output3(differenceP, differenceQ, v128.load(m + 30 * step)), 288);
    m += step;
  }
  for (; rows > 0; rows--) {
    const up = v128.load(scratch, 16);
    const down = v128.load(scratch, 32);
    const far = v128.load(scratch, 48);
    const near = v128.load(scratch, 64);
    const sumP = f32x4.add(up, down);
    const sumQ = f32x4.add(far, near);
    const differenceP = f32x4.sub(up, down);
    const differenceQ = f32x4.sub(far, near);
    const a = f32x4.add(bias, output0(v128.load(scratch), sumP, sumQ));
    const b = f32x4.add(bias, output1(differenceP, differenceQ));
    const c = f32x4.add(bias, output2(sumP, sumQ));
    const d = f32x4.add(bias, output3(differenceP, differenceQ, v128.load(scratch, 80)));
    const ab01 = i32x4.shuffle(a, b, 0, 4, 1, 5);
    const ab23 = i32x4.shuffle(a, b, 2, 6, 3, 7);
    const cd01 = i32x4.shuffle(c, d, 0, 4, 1, 5);
    const cd23 = i32x4.shuffle(c, d, 2, 6, 3, 7);
    storeLanes(y, i64x2.shuffle(ab01, cd01, 0, 2), columns);
    if (outputs > 1) storeLanes(y + plane, i64x2.shuffle(ab01, cd01, 1, 3), columns);
    if (outputs > 2) storeLanes(y + 2 * plane, i64x2.shuffle(ab23, cd23, 0, 2), columns);
    if (outputs > 3) storeLanes(y + 3 * plane, i64x2.shuffle(ab23, cd23, 1, 3), columns);
    y += row;
    scratch += 96;
  }
}
