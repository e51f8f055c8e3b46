/** The gpu.js backend for Node and browsers. */

import { ArgumentError } from '../../src/errors.ts';
import { GpujsBackend } from './backend.ts';
import { chooseMode } from './choose.ts';
import { GpuDevice } from './device.ts';
import type { GpuMode } from './modes.ts';
import { gpuModes } from './modes.ts';
import { checkSinglePrecision } from './precision.ts';

export { GpujsBackend } from './backend.ts';
export type { Counts } from './device.ts';
export { DeviceError } from '../../src/backend/device-error.ts';
export type { ModeReport } from './choose.ts';
export { reportOf } from './choose.ts';
export type { GpuMode } from './modes.ts';
export { gpuModes } from './modes.ts';

export interface GpujsOptions {
  /** How gpu.js computes; `auto`, unless given, is the fastest mode that runs here. */
  readonly gpu?: GpuMode | 'auto';
  /** Gets one line: the mode chosen, and why no better one. */
  readonly onChoice?: (line: string) => void;
}

/**
 * A backend with its own device.
 * @throws ArgumentError for an unknown mode, UnsupportedError if it does not run here or not in single precision.
 */
export async function gpujsBackend({ gpu = 'auto', onChoice }: GpujsOptions = {}): Promise<GpujsBackend> {
  if (gpu !== 'auto' && !gpuModes.includes(gpu)) throw new ArgumentError('gpu', `auto, ${gpuModes.join(', ')}`, gpu);
  const { mode, why, limit } = await chooseMode(gpu);
  onChoice?.(why);
  const backend = new GpujsBackend(new GpuDevice(mode, limit));
  try {
    await checkSinglePrecision(backend);
  } catch (error) {
    await backend.close();
    throw error;
  }
  return backend;
}
