/** The WebGPU backend for Node and browsers. */

import { findAdapter } from '../../src/backend/webgpu-adapter.ts';
import { UnsupportedError } from '../../src/errors.ts';
import { WebgpuBackend } from './backend.ts';
import { WebgpuDevice } from './device.ts';

export { WebgpuBackend } from './backend.ts';
export type { Counts as WebgpuCounts } from './batches.ts';

export interface WebgpuOptions {
  /** Gets one line: the adapter. */
  readonly onChoice?: (line: string) => void;
}

/**
 * A backend with its own device, of the limits that the adapter has.
 * @throws UnsupportedError where there is no WebGPU, no adapter, or none that computes.
 */
export async function webgpuBackend({ onChoice }: WebgpuOptions = {}): Promise<WebgpuBackend> {
  const { adapter, name, software } = await findAdapter({ powerPreference: 'high-performance' }).catch((error: unknown) => {
    throw new UnsupportedError(`WebGPU cannot compute here: ${(error as Error).message}`, { cause: error });
  });
  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
  const device = await adapter.requestDevice({ requiredLimits: { maxBufferSize, maxStorageBufferBindingSize } }).catch((error: unknown) => {
    throw new UnsupportedError(`WebGPU cannot compute here: ${name} gives no device: ${(error as Error).message}`, { cause: error });
  });
  onChoice?.(`webgpu computes on ${name}${software ? ', in software' : ''}`);
  return new WebgpuBackend(new WebgpuDevice(device, name, software));
}
