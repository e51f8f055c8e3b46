/** Small arrays that stay on the device: 0 and 1 in place of optional arguments, and the tables of resizings. */

import { ResizeTables } from '../../src/backend/resize-tables.ts';
import type { View } from './operations.ts';
import type { GpuDevice, Storage } from './device.ts';

export class Constants {
  readonly zero: View;
  readonly one: View;
  readonly resizings: ResizeTables<Storage>;

  constructor(device: GpuDevice) {
    const number = (value: number): View => ({ shape: [1], storage: device.upload(Float32Array.of(value), [1]) });
    this.zero = number(0);
    this.one = number(1);
    this.resizings = new ResizeTables((values) => device.upload(values, [values.length]), (storage) => device.release(storage));
  }
}
