/**
 * The frames that were used last, up to `MOST_BYTES`: decoding a video takes longer than a step of training. They are kept as
 * the bytes that they were made of (io/image-transform.ts), x = 2·byte/255 − 1.
 */

import { hostTensor } from '../../array/host.ts';
import type { HostTensor } from '../../array/host.ts';

const MOST_BYTES = 2 ** 29;

const VALUES = Float32Array.from({ length: 256 }, (_, byte) => {
  const unit = Math.fround(byte / 255);
  return Math.fround(unit + unit) - 1;
});

interface Frames {
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

export class Kept {
  private readonly results = new Map<string, Frames>();
  private bytes = 0;

  async get(key: string, make: () => Promise<HostTensor>): Promise<HostTensor> {
    const result = this.results.get(key) ?? packed(await make());
    if (!this.results.delete(key)) this.bytes += result.bytes.length;
    this.results.set(key, result); // last in the order of insertion
    for (const [oldest, { bytes }] of this.results) {
      if (this.bytes <= MOST_BYTES) break;
      this.results.delete(oldest);
      this.bytes -= bytes.length;
    }
    return unpacked(result);
  }
}

function packed({ data, shape }: HostTensor): Frames {
  const bytes = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i++) bytes[i] = Math.round((data[i] + 1) * 127.5);
  return { shape, bytes };
}

function unpacked({ bytes, shape }: Frames): HostTensor {
  const values = new Float32Array(bytes.length);
  for (let i = 0; i < values.length; i++) values[i] = VALUES[bytes[i]];
  return hostTensor(values, shape);
}
