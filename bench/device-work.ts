/** What a device did meanwhile, for backends that count it (backends/gpujs). */

import type { Counts } from '../backends/gpujs/index.ts';
import type { Backend } from '../src/backend/backend.ts';

const COUNTED = ['launches', 'compilations', 'compileSeconds', 'uploads', 'uploadedBytes', 'reads', 'readBytes'] as const;

export type DeviceWork = Pick<Counts, (typeof COUNTED)[number]>;

/** All since the backend was made; undefined where nothing is counted. */
export function deviceWork(b: Backend): DeviceWork | undefined {
  return (b as { readonly counts?: Counts }).counts;
}

export function workSince(b: Backend, before: DeviceWork): DeviceWork {
  const after = deviceWork(b)!;
  return Object.fromEntries(COUNTED.map((name) => [name, after[name] - before[name]])) as unknown as DeviceWork;
}
