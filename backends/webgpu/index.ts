/** The WebGPU backend for Node and browsers. */

import type { FoundAdapter } from '../../src/backend/webgpu-adapter.ts';
import { findAdapter } from '../../src/backend/webgpu-adapter.ts';
import { UnsupportedError } from '../../src/errors.ts';
import { WebgpuBackend } from './backend.ts';
import { WebgpuDevice } from './device.ts';

export { WebgpuBackend } from './backend.ts';
export type { Counts as WebgpuCounts } from './batches.ts';
export type { KernelTime } from './timestamps.ts';

export interface WebgpuOptions {
  /** Whether an adapter in software, which computes on the processor, will do; true unless given. */
  readonly software?: boolean;
  /** Whether launches are timed one by one, for benchmarks; an adapter without timestamps does not. False unless given. */
  readonly timed?: boolean;
  /** Gets one line: the adapter. */
  readonly onChoice?: (line: string) => void;
}

/** Limits of a device that are more than every device has. */
const LIMITS = ['maxBufferSize', 'maxStorageBufferBindingSize'] as const;

/**
 * A backend with its own device, of the limits that the adapter has.
 * @throws UnsupportedError where there is no WebGPU, no adapter, or none that computes.
 */
export async function webgpuBackend(options: WebgpuOptions = {}): Promise<WebgpuBackend> {
  const { software: willDo = true, timed: wanted = false, onChoice } = options;
  const { adapter, name, software } = await chosenAdapter();
  if (software && !willDo) throw new UnsupportedError(`WebGPU would compute in software here (${name})`);
  const requiredLimits = Object.fromEntries(LIMITS.map((limit) => [limit, adapter.limits[limit]]));
  const timed = wanted && adapter.features.has('timestamp-query');
  const requiredFeatures: GPUFeatureName[] = timed ? ['timestamp-query'] : [];
  const device = await adapter.requestDevice({ requiredLimits, requiredFeatures }).catch((error: unknown) => {
    throw new UnsupportedError(`WebGPU cannot compute here: ${name} gives no device: ${(error as Error).message}`, { cause: error });
  });
  onChoice?.(`webgpu computes on ${name}${software ? ', in software' : ''}`);
  return new WebgpuBackend(new WebgpuDevice(device, name, software, { timed }));
}

/** The adapter, its limits and features in one line; or why there is none. */
export async function webgpuReport(): Promise<{ readonly runs: boolean; readonly text: string }> {
  try {
    const { adapter: { features, limits }, name, software } = await chosenAdapter();
    const text = [
      `${name}${software ? ', in software' : ''}`,
      `arrays up to ${mib(Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize))}`,
      `groups of ${limits.maxComputeInvocationsPerWorkgroup} threads with ${limits.maxComputeWorkgroupStorageSize / 1024} KiB`,
      `features: ${['subgroups', 'shader-f16', 'timestamp-query'].filter((name) => features.has(name as GPUFeatureName)).join(', ') || 'none'}`,
    ].join('; ');
    return { runs: true, text };
  } catch (error) {
    return { runs: false, text: error instanceof Error ? error.message : String(error) };
  }
}

function chosenAdapter(): Promise<FoundAdapter> {
  return findAdapter({ powerPreference: 'high-performance' }).catch((error: unknown) => {
    throw new UnsupportedError(`WebGPU cannot compute here: ${(error as Error).message}`, { cause: error });
  });
}

function mib(bytes: number): string {
  return `${Math.floor(bytes / 2 ** 20)} MiB`;
}
