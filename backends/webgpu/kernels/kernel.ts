/**
 * What a kernel is here: a WGSL text whose pipeline constants choose a variant, run in groups of threads.
 *
 * Bindings of every text: 0 the parameters (`p`), then the arrays that are read, then the one that is written. Groups are
 * counted by one number, `w.x + w.y · n.x` (group, groups), for a device may refuse more than 65,535 along one axis; groups
 * beyond the last one do nothing.
 */

export interface Kernel {
  /** Of the operation, for errors and counts. */
  readonly name: string;
  readonly code: string;
  /** Arrays that are read. */
  readonly inputs: number;
}

/** Values of the `override` constants of a text. */
export type Constants = Readonly<Record<string, number>>;

/** Threads of a group where each makes one element. */
export const GROUP = 64;

/** A float32 as the parameters hold it. */
export function real(value: number): number {
  bits.setFloat32(0, value);
  return bits.getUint32(0);
}

const bits = new DataView(new ArrayBuffer(4));

/** The built-in values of a kernel with one thread an element, and its index `i`; below `p.size` there is something to do. */
export const EACH = `@compute @workgroup_size(${GROUP})
fn main(@builtin(workgroup_id) w: vec3u, @builtin(num_workgroups) n: vec3u, @builtin(local_invocation_index) t: u32) {
  let i = (w.x + w.y * n.x) * ${GROUP}u + t;
  if (i >= p.size) { return; }`;
