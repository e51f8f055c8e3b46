/** A convolution with kernels of 3×3 in space by kernels/winograd.ts, and whether that is faster than the direct way. */

import type { Shape } from '../../src/array/host.ts';
import { sizeOf } from '../../src/array/host.ts';
import type { Buffer } from './buffers.ts';
import type { Storage } from './device.ts';
import { byWinograd } from './kept-bytes.ts';
import type { Five } from './kept-bytes.ts';
import { GROUP } from './kernels/kernel.ts';
import { WINOGRAD_INPUT, WINOGRAD_OUTPUT, WINOGRAD_WEIGHT } from './kernels/winograd.ts';
import type { Stage, View } from './stage.ts';

/** Elements of a transformed tile. */
const ELEMENTS = 16;

/** y (B, O, T, H, W), weight (O, C, kt, kh, kw), x with `frames`. The batch has no say, but for what fits. */
export function suitsWinograd(d: Stage, [batch, outputs, frames, height, width]: Five, kernel: Five): boolean {
  if (!byWinograd(kernel) || height < 2 || width < 2) return false;
  const [, channels, kt] = kernel;
  const tiles = Math.ceil(height / 2) * Math.ceil(width / 2);
  return 4 * batch * ELEMENTS * tiles * Math.max(outputs * frames, channels * (frames + kt - 1)) <= d.device.most;
}

/**
 * @param product the convolution of v (16·B, C, T, h, w), the transformed input, with kernels (kt, 1, 1), of which there are 16,
 * u (16, kt, C, O), one after the other.
 */
export function winograd(
  d: Stage, shape: Five, x: View, weight: View, bias: View | undefined, product: (m: View, v: View, u: Buffer) => void,
): Storage {
  const [batch, outputs, frames, height, width] = shape;
  const [, channels, framesOfX] = x.shape;
  const [down, across] = [Math.ceil(height / 2), Math.ceil(width / 2)];
  const v = d.make('conv3d input', [ELEMENTS * batch, channels, framesOfX, down, across]);
  const before = sizeOf(v.shape) / ELEMENTS;
  d.each(WINOGRAD_INPUT, {}, [x], v, before, [channels * framesOfX, down, across, height, width]);
  const m = d.make('conv3d products', [ELEMENTS * batch, outputs, frames, down, across]);
  product(m, v, transformed(d, weight));
  d.device.release(v.storage);
  const y = d.make('conv3d', shape);
  const added = bias ?? { shape: [1], storage: d.tables.one };
  const after = sizeOf(m.shape) / ELEMENTS;
  const numbers = [outputs * frames, down, across, height, width, frames, bias === undefined ? 0 : 1];
  d.each(WINOGRAD_OUTPUT, {}, [m, added], y, after, numbers);
  d.device.release(m.storage);
  return y.storage;
}

/** (O, C, kt, 3, 3) → (16, kt, C, O), which stays with the weight. */
function transformed(d: Stage, weight: View): Buffer {
  const from = d.buffer(weight);
  const { value } = weight.storage.array;
  const [outputs, channels, kt] = weight.shape;
  const size = outputs * channels * kt;
  const shape: Shape = [ELEMENTS, kt, channels, outputs];
  const what = d.what('conv3d weight', shape);
  if (value.transformed === undefined) {
    value.transformed = d.device.take(4 * sizeOf(shape), what);
    const groups = Math.ceil(size / GROUP);
    d.device.launch(WINOGRAD_WEIGHT, {}, [from], value.transformed, [size, outputs, channels, kt], groups, 0, what);
  }
  return value.transformed;
}
