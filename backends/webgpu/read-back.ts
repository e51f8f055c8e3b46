/** A ring of buffers that the host can map: values come back through them, several reads at a time. */

import { READ, USAGE } from './usage.ts';

/** Kept when no read uses them. */
const KEPT = 4;

export class ReadBack {
  private readonly free: GPUBuffer[] = [];

  constructor(private readonly device: GPUDevice) {}

  take(bytes: number): GPUBuffer {
    const at = this.free.findIndex(({ size }) => size >= bytes);
    if (at >= 0) return this.free.splice(at, 1)[0];
    const size = Math.max(2 ** Math.ceil(Math.log2(bytes)), 2 ** 16);
    return this.device.createBuffer({ size, usage: USAGE.mapRead | USAGE.copyTarget });
  }

  /** The bytes that a copy has brought; the buffer goes back. */
  async bytesOf(buffer: GPUBuffer, bytes: number): Promise<ArrayBuffer> {
    await buffer.mapAsync(READ, 0, bytes);
    const values = buffer.getMappedRange(0, bytes).slice(0);
    buffer.unmap();
    this.free.push(buffer);
    if (this.free.length > KEPT) this.free.shift()!.destroy();
    return values;
  }
}
