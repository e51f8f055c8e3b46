/** Who waits for a device waits no longer than it takes for it to have done nothing for a generous time. */

import { DeviceError } from '../../src/backend/device-error.ts';
import { describe } from './what.ts';
import type { What } from './what.ts';

export class Watchdog {
  /** The last launch of every batch that the device has not ended, the oldest first. */
  private readonly waiting: (What | undefined)[] = [];
  private heard = 0;

  /** @param patience milliseconds without any batch that ends. */
  constructor(private readonly patience: number) {}

  /** A batch has been submitted: `done` says when the device has ended it. */
  watch(last: What | undefined, done: Promise<unknown>): void {
    this.waiting.push(last);
    const heard = (): void => {
      this.waiting.shift();
      this.heard = performance.now();
    };
    done.then(heard, heard);
  }

  /** The answer. @throws DeviceError when the device has done nothing for too long, with what it was at. */
  async wait<T>(answer: Promise<T>): Promise<T> {
    this.heard = performance.now();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stalled = new Promise<never>((_, reject) => {
      const look = (): void => {
        const left = this.heard + this.patience - performance.now();
        if (left > 0) timer = setTimeout(look, left);
        else reject(new DeviceError(`the webgpu device has not answered for ${Math.round(this.patience / 1000)} s${this.place()}`));
      };
      look();
    });
    try {
      return await Promise.race([answer, stalled]);
    } finally {
      clearTimeout(timer);
    }
  }

  private place(): string {
    const last = this.waiting[0];
    return last === undefined ? '' : `, in a batch up to ${describe(last)}`;
  }
}
