/** Choices that a seed determines: xorshift32. */

export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = (Math.imul(seed + 1, 0x9e3779b1) >>> 0) || 1;
    for (let i = 0; i < 4; i++) this.next();
  }

  /** 0 … 2³² − 1 */
  next(): number {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (this.state = x >>> 0);
  }

  below(limit: number): number {
    return this.next() % limit;
  }

  chance(share: number): boolean {
    return this.next() / 2 ** 32 < share;
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)];
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.next() >>> 24);
  }

  /** Numbers at which programs break. */
  number(): number {
    return this.pick([
      0, 1, 2, 3, 7, 8, 31, 32, 127, 128, 255, 256, 1000, 4096, 16384, 32767, 65535, 65536, 1e6, 2 ** 24, 2 ** 31 - 1,
      2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53, this.below(100), this.next(),
    ]);
  }
}
