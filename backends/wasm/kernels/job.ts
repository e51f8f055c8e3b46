/**
 * What all kernels share: how a job's arguments are laid out in memory, and whole and partial vectors.
 *
 * A kernel is a function of a task number. It reads the job's arguments, does its share of the work and writes to no place
 * that another task writes to; so tasks may run in any order, on any thread. How the work is cut never depends on the
 * number of threads, nor does any result.
 *
 * The first 76 KiB are reserved: at 64 the scheduler's words (schedule.ts), at 512 zeros, from 4096 on the jobs.
 */

/** 64 bytes that are always zero: stands for a bias that is not there. */
export const ZEROS: usize = 512;

/** Those of the job at hand: up to 96 words of 4 bytes. */
let args: usize = 0;

export function setArguments(address: usize): void {
  args = address;
}

/** Which of the threads this instance is; 0 is the caller's own. Kernels use it only to find their scratch memory. */
export let thread: u32 = 0;

export function init(index: u32): void {
  thread = index;
}

/** Argument `index`: an extent, or a byte address. */
// @ts-ignore: decorator
@inline
export function arg(index: u32): u32 {
  return load<u32>(args + (index << 2));
}

// @ts-ignore: decorator
@inline
export function realArg(index: u32): f32 {
  return load<f32>(args + (index << 2));
}

/** All bits set in lanes below `count`. */
// @ts-ignore: decorator
@inline
export function lanesBelow(count: u32): v128 {
  return i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(count));
}

/** Stores the first `count` lanes, at most 4. Loads may run past the end of a tensor (the arena pads), stores may not. */
// @ts-ignore: decorator
@inline
export function storeLanes(to: usize, values: v128, count: u32): void {
  if (count >= 4) {
    v128.store(to, values);
    return;
  }
  if (count >= 1) f32.store(to, f32x4.extract_lane(values, 0));
  if (count >= 2) f32.store(to, f32x4.extract_lane(values, 1), 4);
  if (count >= 3) f32.store(to, f32x4.extract_lane(values, 2), 8);
}

/** The sum of the four lanes. */
// @ts-ignore: decorator
@inline
export function sumLanes(v: v128): f32 {
  const pairs = f32x4.add(v, i32x4.shuffle(v, v, 2, 3, 0, 1));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}

/** The sums of the lanes of four vectors. */
// @ts-ignore: decorator
@inline
export function sumsOfLanes(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(i32x4.shuffle(a, b, 0, 4, 1, 5), i32x4.shuffle(a, b, 2, 6, 3, 7));
  const cd = f32x4.add(i32x4.shuffle(c, d, 0, 4, 1, 5), i32x4.shuffle(c, d, 2, 6, 3, 7));
  return f32x4.add(i64x2.shuffle(ab, cd, 0, 2), i64x2.shuffle(ab, cd, 1, 3));
}
