/**
 * The two loops that all of a network's time is spent in. Both keep their sums in doubles, and take four terms or
 * four sums a turn, which spares loads and stores.
 */

/**
 * sums[i] += Σⱼ factors[j] · values[offsets[j] + i], for all i.
 *
 * A row of a matrix product is this (factors: a row of the left matrix; offsets: the rows of the right one), and so
 * is a plane of a convolution (factors: the kernel; offsets: its taps).
 */
export function accumulate(
  sums: Float64Array,
  factors: Float32Array,
  values: Float32Array,
  offsets: Int32Array,
): void {
  const terms = factors.length;
  const length = sums.length;
  let j = 0;
  for (; j + 4 <= terms; j += 4) {
    const f0 = factors[j];
    const f1 = factors[j + 1];
    const f2 = factors[j + 2];
    const f3 = factors[j + 3];
    const o0 = offsets[j];
    const o1 = offsets[j + 1];
    const o2 = offsets[j + 2];
    const o3 = offsets[j + 3];
    for (let i = 0; i < length; i++) {
      sums[i] = sums[i] + f0 * values[o0 + i] + f1 * values[o1 + i] + f2 * values[o2 + i] + f3 * values[o3 + i];
    }
  }
  for (; j < terms; j++) {
    const f = factors[j];
    const o = offsets[j];
    for (let i = 0; i < length; i++) sums[i] = sums[i] + f * values[o + i];
  }
}

/**
 * sums[i] += Σⱼ factors[j] · values[i · terms + j]: a row times a matrix whose columns lie in memory as rows.
 */
export function accumulateDots(sums: Float64Array, factors: Float32Array, values: Float32Array): void {
  const terms = factors.length;
  let i = 0;
  for (; i + 4 <= sums.length; i += 4) {
    const r0 = i * terms;
    const r1 = r0 + terms;
    const r2 = r1 + terms;
    const r3 = r2 + terms;
    let s0 = sums[i];
    let s1 = sums[i + 1];
    let s2 = sums[i + 2];
    let s3 = sums[i + 3];
    for (let j = 0; j < terms; j++) {
      const f = factors[j];
      s0 += f * values[r0 + j];
      s1 += f * values[r1 + j];
      s2 += f * values[r2 + j];
      s3 += f * values[r3 + j];
    }
    sums[i] = s0;
    sums[i + 1] = s1;
    sums[i + 2] = s2;
    sums[i + 3] = s3;
  }
  for (; i < sums.length; i++) {
    let s = sums[i];
    for (let j = 0; j < terms; j++) s += factors[j] * values[i * terms + j];
    sums[i] = s;
  }
}
