/**
 * sums[i] += Σⱼ factors[j] · values[offsets[j] + i]: the loop that all of a network's time is spent in.
 *
 * A row of a matrix product is this (factors: a row of the left matrix; offsets: the rows of the right one), and so
 * is a plane of a convolution (factors: the kernel; offsets: its taps). Four terms a turn spare loads and
 * stores of the sums, which are doubles.
 */
export function accumulate(
  sums: Float64Array,
  length: number,
  factors: Float32Array,
  values: Float32Array,
  offsets: Int32Array,
): void {
  const terms = factors.length;
  const fours = terms - (terms % 4);
  for (let j = 0; j < fours; j += 4) {
    const [f0, f1, f2, f3] = [factors[j]!, factors[j + 1]!, factors[j + 2]!, factors[j + 3]!];
    const [o0, o1, o2, o3] = [offsets[j]!, offsets[j + 1]!, offsets[j + 2]!, offsets[j + 3]!];
    for (let i = 0; i < length; i++) {
      sums[i] = sums[i]! + f0 * values[o0 + i]! + f1 * values[o1 + i]! + f2 * values[o2 + i]! + f3 * values[o3 + i]!;
    }
  }
  for (let j = fours; j < terms; j++) {
    const [factor, offset] = [factors[j]!, offsets[j]!];
    for (let i = 0; i < length; i++) sums[i] = sums[i]! + factor * values[offset + i]!;
  }
}
