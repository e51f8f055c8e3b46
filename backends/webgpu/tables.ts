/** Small arrays that stay on the device: 1 in place of an optional argument, and the tables of resizings. */

import { ResizeTables } from '../../src/backend/resize-tables.ts';
import type { WebgpuDevice } from './device.ts';
import type { Storage } from './values.ts';

export class Tables {
  readonly one: Storage;
  readonly resizings: ResizeTables<Storage>;

  constructor(device: WebgpuDevice) {
    const upload = (values: Float32Array): Storage => {
      return device.upload(values, 'f32', { operation: 'table', shape: [values.length], stage: '' });
    };
    this.one = upload(Float32Array.of(1));
    this.resizings = new ResizeTables(upload, (storage) => device.release(storage));
  }
}
