/** What a device did meanwhile, for backends that count it (backends/gpujs, backends/webgpu). */

import type { Backend } from '../src/backend/backend.ts';

const COUNTED = ['launches', 'submits', 'compilations', 'compileSeconds', 'uploads', 'uploadedBytes', 'reads', 'readBytes'] as const;

/** Submits are counted by the backend webgpu alone: gpu.js submits every launch. */
export type DeviceWork = Readonly<Record<(typeof COUNTED)[number], number>>;

/** All since the backend was made; undefined where nothing is counted. */
export function deviceWork(b: Backend): DeviceWork | undefined {
  const { counts } = b as { readonly counts?: Omit<DeviceWork, 'submits'> & { readonly submits?: number } };
  return counts && { ...counts, submits: counts.submits ?? counts.launches };
}

export function workSince(b: Backend, before: DeviceWork): DeviceWork {
  const after = deviceWork(b)!;
  return Object.fromEntries(COUNTED.map((name) => [name, after[name] - before[name]])) as unknown as DeviceWork;
}
