/**
 * What gpu.js calls `unsigned` precision packs every float32 into four bytes and loses bits on the way: codes and
 * logits would differ from device to device. This backend always asks for `single`, and refuses a device that does not
 * give it.
 */

import { hostTensor } from '../../src/array/host.ts';
import type { Backend } from '../../src/backend/backend.ts';
import { UnsupportedError } from '../../src/errors.ts';

/** All 24 bits of a mantissa, thirds, small and large exponents; no denormal numbers, which devices may flush. */
export const AWKWARD = Float32Array.of(
  1 / 3, -2 / 3, 0.1, 16777215, -8388607.5, 1 + 2 ** -23, 1 - 2 ** -24, 1.5e-30, -3e30, 0, 1,
);

/** @throws UnsupportedError unless a value that passes through a kernel keeps every bit. */
export async function checkSinglePrecision(b: Backend): Promise<void> {
  const values = b.upload(hostTensor(AWKWARD.slice(), [AWKWARD.length]));
  const { data } = await b.read(b.affine(values, 1)).finally(() => b.free(values));
  const wrong = AWKWARD.findIndex((value, i) => value !== data[i]);
  if (wrong < 0) return;
  throw new UnsupportedError(`this device does not keep single precision: ${AWKWARD[wrong]} became ${data[wrong]}`);
}
