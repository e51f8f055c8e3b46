/** A convolution with kernels of 3×3 in space by kernels/winograd.ts, and whether that is faster than the direct way. */

import type { Shape } from '../../src/array/host.ts';
import { sizeOf } from '../../src/array/host.ts';
import type { Buffer } from './buffers.ts';
import { concat, slice } from './elementwise.ts';
import { byWinograd } from './kept-bytes.ts';
import type { Five } from './kept-bytes.ts';
import { GROUP } from './kernels/kernel.ts';
import { WINOGRAD_INPUT, WINOGRAD_OUTPUT, WINOGRAD_WEIGHT } from './kernels/winograd.ts';
import type { Stage, View } from './stage.ts';
import type { Storage } from './values.ts';

/** Elements of a transformed tile. */
const ELEMENTS = 16;

/** y (B, O, T, H, W), weight (O, C, kt, kh, kw). The batch has no say: an item has the same bits among any others. */
export function suitsWinograd(d: Stage, y: Five, kernel: Five): boolean {
  const [, , , height, width] = y;
  return byWinograd(kernel) && height >= 2 && width >= 2 && bytesOfItem(y, kernel) <= d.device.most;
}

/** Of the larger of the two transformed arrays. */
function bytesOfItem([, outputs, frames, height, width]: Five, [, channels, kt]: Five): number {
  const tiles = Math.ceil(height / 2) * Math.ceil(width / 2);
  return 4 * ELEMENTS * tiles * Math.max(outputs * frames, channels * (frames + kt - 1));
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
  const most = Math.floor(d.device.most / bytesOfItem(shape, weight.shape as Five));
  if (batch > most) return byItems(d, shape, x, most, (part, x) => winograd(d, part, x, weight, bias, product));
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

/** So many items of the batch at a time, where more have no room. */
function byItems(d: Stage, shape: Five, x: View, most: number, of: (shape: Five, x: View) => Storage): Storage {
  const parts: View[] = [];
  for (let start = 0; start < shape[0]; start += most) {
    const items = Math.min(most, shape[0] - start);
    const some: View = { shape: x.shape.with(0, items), storage: slice(d, x.shape.with(0, items), x, 0, start) };
    const part = shape.with(0, items) as unknown as Five;
    parts.push({ shape: part, storage: of(part, some) });
    d.device.release(some.storage);
  }
  const y = concat(d, shape, parts, 0);
  for (const { storage } of parts) d.device.release(storage);
  return y;
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
