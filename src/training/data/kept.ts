/** The results that were used last, up to `MOST_BYTES`: decoding a video takes longer than a step of training. */

import type { HostTensor } from '../../array/host.ts';

const MOST_BYTES = 2 ** 29;

export class Kept {
  private readonly results = new Map<string, HostTensor>();
  private bytes = 0;

  async get(key: string, make: () => Promise<HostTensor>): Promise<HostTensor> {
    const result = this.results.get(key) ?? (await make());
    if (!this.results.delete(key)) this.bytes += result.data.byteLength;
    this.results.set(key, result); // last in the order of insertion
    for (const [oldest, { data }] of this.results) {
      if (this.bytes <= MOST_BYTES) break;
      this.results.delete(oldest);
      this.bytes -= data.byteLength;
    }
    return result;
  }
}
