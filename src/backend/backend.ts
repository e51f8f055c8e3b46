/**
 * The backend interface: everything that the model asks of a device.
 *
 * The model is written once against this interface and names no backend. Operations only *enqueue*: they
 * check shapes at once, return a handle, and run in the order of their calls; values exist when `read` is
 * awaited. So the same source drives a plain loop, threads, a GPU queue, a recorder of gradients or a trace.
 *
 * All values are float32. A backend may compute in higher precision inside an operation.
 */

import type { StoredValues } from '../array/stored.ts';
import type { HostTensor, Shape } from '../array/host.ts';

/** A value that lives where the backend computes. Opaque: only its shape can be seen. */
export abstract class Tensor {
  /** Makes the type nominal: no other object with a shape passes for a tensor. */
  declare protected readonly nominal: never;

  readonly shape: Shape;

  constructor(shape: Shape) {
    this.shape = shape;
  }
}

/** Functions of one variable; `step` is 1 where x > 0 and else 0; `gelu` is its tanh form. */
export type MapFunction = 'silu' | 'gelu' | 'relu' | 'sigmoid' | 'exp' | 'log' | 'step';

/** Resizing with half-pixel centres (align_corners = false); `area` is adaptive average pooling. */
export type ResizeMode = 'nearest' | 'area' | 'trilinear';

export interface MatmulOptions {
  /** Use the transpose of the last two axes of `a` (of `b`). */
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  /** (N), added to every row of the product. */
  readonly bias?: Tensor;
}

export interface Backend {
  readonly name: string;
  /** Bytes that its tensors can take in all, where they cannot take all of the machine's memory. */
  readonly capacity?: number | undefined;
  /** Bytes of one tensor at most, where a device bounds them; a matrix for `matmul` and `take` may be larger. */
  readonly largest?: number | undefined;

  // The border to the host
  /** A backend may keep 16-bit values as they are; what it computes from them is what float32 values would give. */
  upload(values: StoredValues): Tensor;
  read(x: Tensor): Promise<HostTensor>;

  // Lifetimes
  /**
   * Runs a named stage. Tensors made through the inner backend are freed at its end, except those found in
   * the result (itself, or in arrays, maps and plain objects), which pass to the outer scope.
   */
  scope<T>(stage: string, body: (b: Backend) => Promise<T>): Promise<T>;
  /** Frees the tensors found in `value` before their scope ends. */
  free(value: unknown): void;
  /**
   * Ends all that the backend has started, threads and devices, and gives its memory back, through whichever scope it is
   * called. What is enqueued is dropped; every later use is a LifetimeError. Closing again does nothing.
   */
  close(): Promise<void>;

  // The three that take the time
  /** (…, M, K) × (…, K, N) → (…, M, N); leading axes equal, or `b` is a plain matrix. */
  matmul(a: Tensor, b: Tensor, options?: MatmulOptions): Tensor;
  /** (B, C, T, H, W) * (O, C, kt, kh, kw) → (B, O, T−kt+1, H, W): stride 1, zeros around space, none in time. */
  conv3d(x: Tensor, weight: Tensor, bias?: Tensor): Tensor;
  /** Over the last axis. */
  softmax(x: Tensor): Tensor;
  /**
   * softmax(q kᵀ / √D + mask) v of q (B, H, L, D), k and v (B, KV, S, D), query head h with key head ⌊h·KV/H⌋, mask (L, S): what
   * transformer/attention.ts makes of the others, in one piece where a backend can, and without the scores in memory;
   * undefined where it cannot. What wraps a backend to see or to change these others leaves it out.
   */
  attention?(q: Tensor, k: Tensor, v: Tensor, mask?: Tensor): Tensor | undefined;

  // Elementwise, with NumPy broadcasting
  add(a: Tensor, b: Tensor): Tensor;
  sub(a: Tensor, b: Tensor): Tensor;
  mul(a: Tensor, b: Tensor): Tensor;
  div(a: Tensor, b: Tensor): Tensor;
  /** x·scale + shift. */
  affine(x: Tensor, scale: number, shift?: number): Tensor;
  map(f: MapFunction, x: Tensor): Tensor;

  // Sums and norms
  /** Sum over `axes`, which stay with extent 1. */
  sum(x: Tensor, axes: readonly number[]): Tensor;
  /** x / √(mean(x²) + epsilon) · weight over the last axis; weight (C). */
  rmsNorm(x: Tensor, weight: Tensor, epsilon: number): Tensor;
  /** x / max(‖x‖₂, 1e-12) over `axis`; with `gain` (n) times gain[i] along that axis. */
  l2Normalize(x: Tensor, axis: number, gain?: Tensor): Tensor;

  // Moving data
  reshape(x: Tensor, shape: Shape): Tensor;
  permute(x: Tensor, axes: readonly number[]): Tensor;
  concat(xs: readonly Tensor[], axis: number): Tensor;
  slice(x: Tensor, axis: number, start: number, end: number): Tensor;
  /** Repeats axes of extent 1. */
  expand(x: Tensor, shape: Shape): Tensor;
  /** Rows of a matrix: (N, C) → (rows.length, C). */
  take(x: Tensor, rows: Int32Array): Tensor;

  // Geometry
  /** Resizes the last three axes of (B, C, D, H, W) to `size`. */
  resize(x: Tensor, size: readonly [number, number, number], mode: ResizeMode): Tensor;
  /** Rotates pairs (2i, 2i+1) of (…, L, D) by rope (2, L, D/2): cosines, then sines. */
  rotary(x: Tensor, rope: Tensor): Tensor;

  // For training: what the other operations would take many times as long for
  /**
   * From x (B, C, T, H, W) and the gradient (B, O, T−kt+1, H, W) of `conv3d`'s result to that of a weight
   * (O, C, kt, kh, kw), `kernel` its extents.
   */
  conv3dWeightGradient(x: Tensor, gradient: Tensor, kernel: readonly [number, number, number]): Tensor;
  /** g · f′(x), of one shape. */
  mapGradient(f: MapFunction, x: Tensor, gradient: Tensor): Tensor;
  /** From the gradient of `l2Normalize`'s result, of x's shape, to that of x. */
  l2NormalizeGradient(x: Tensor, gradient: Tensor, axis: number, gain?: Tensor): Tensor;
  /** The same to that of a gain: (n), Σ g·x/max(‖x‖₂, 1e-12) over all axes but `axis`. */
  l2NormalizeGainGradient(x: Tensor, gradient: Tensor, axis: number): Tensor;
  /** The transpose of `resize`: from the gradient (B, C, d, h, w) of its result to that of x (B, C, …size). */
  resizeGradient(gradient: Tensor, size: readonly [number, number, number], mode: ResizeMode): Tensor;
}

/** All tensors in a value: itself, or within arrays, maps and plain objects. */
export function tensorsIn(value: unknown): Tensor[] {
  const found: Tensor[] = [];
  collect(value, found);
  return found;
}

function collect(value: unknown, found: Tensor[]): void {
  if (value instanceof Tensor) {
    found.push(value);
  } else if (Array.isArray(value)) {
    for (const part of value) collect(part, found);
  } else if (value instanceof Map) {
    for (const part of value.values()) collect(part, found);
  } else if (value !== null && typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype) {
    for (const part of Object.values(value)) collect(part, found);
  }
}
