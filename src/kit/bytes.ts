/**
 * Bytes of a video follow from the port's own video: where 255·(x + 1)/2 lies within rounding of a whole number, either
 * byte is right; everywhere else there is one right byte, so that rounding instead of truncation shows.
 */

import type { HostTensor } from '../array/host.ts';
import { hostTensor, rowMajor, sameShape } from '../array/host.ts';
import { toBytes } from '../sampler/frames.ts';
import { unitOf } from './profiles.ts';
import type { Profile } from './profiles.ts';
import type { PortArray } from './results.ts';

/** What arithmetic may do to a value of [−1, 1] on its way to a byte. */
const NOISE: Readonly<Record<Profile, number>> = { float32: 1e-6, bf16: 4 * unitOf('bf16'), f16: 4 * unitOf('f16') };

/**
 * The bytes (B, T, H, W, 3) that a video (B, 3, T, H, W) may become: the port's own where they are possible, and the
 * right ones elsewhere.
 */
export function bytesOfVideo(video: HostTensor, got: PortArray, profile: Profile): ReturnType<typeof toBytes> {
  const at = (shift: number) => toBytes(hostTensor(rowMajor(video).map((x) => x + shift), video.shape), { channels: 'bgr' });
  const right = at(0);
  if (!sameShape(right.shape, got.shape)) return right;
  const [least, most] = [rowMajor(at(-NOISE[profile])), rowMajor(at(NOISE[profile]))];
  const values = rowMajor(right).map((byte, i) => {
    const own = got.values[i];
    return own >= least[i] && own <= most[i] ? own : byte;
  });
  return hostTensor(values, right.shape);
}
