/** The backends by name. Everything above this file takes a backend as an argument; nothing below knows its name. */

import type { GpuMode } from '../backends/gpujs/modes.ts';
import { wasmBackend } from '../backends/wasm/index.ts';
import { referenceBackend } from '../reference/backend.ts';
import type { Backend } from './backend/backend.ts';
import { ArgumentError, UnsupportedError } from './errors.ts';

export interface BackendOptions {
  /** Threads that compute; as many as there are processors unless given. Only the backend `wasm` has more than one. */
  readonly threads?: number;
  /** How the backend `gpujs` computes; `auto`, the fastest way that runs here, unless given. */
  readonly gpu?: GpuMode | 'auto';
  /** Gets one line where the backend chooses for itself what to compute on, and why. */
  readonly onChoice?: (line: string) => void;
}

const makers: Readonly<Record<string, (options: BackendOptions) => Promise<Backend>>> = {
  wasm: wasmBackend,
  reference: async () => referenceBackend(),
  // Loaded when it is asked for: gpu.js is large.
  gpujs: async (options) => (await import('../backends/gpujs/index.ts')).gpujsBackend(options),
  webgpu: async (options) => (await import('../backends/webgpu/index.ts')).webgpuBackend(options),
};

/** What runs unless another is asked for, fastest first. */
const defaults = ['wasm', 'reference'];

export const backendNames: readonly string[] = Object.keys(makers);

/** The names, and `auto`: `webgpu` where a graphics card computes, else what runs by default. */
export const backendChoices: readonly string[] = [...backendNames, 'auto'];

/**
 * A backend by name, or `auto`; without one the fastest that any machine can run.
 * @throws ArgumentError for an unknown name, UnsupportedError if the machine cannot run it.
 */
export async function makeBackend(name?: string, options: BackendOptions = {}): Promise<Backend> {
  if (name === undefined) return fastestBackend(options);
  if (options.gpu !== undefined && name !== 'gpujs') throw new ArgumentError('backend', 'gpujs, for a choice of gpu', name);
  if (name === 'auto') return onCardOrElse(options);
  const make = Object.hasOwn(makers, name) ? makers[name] : undefined;
  if (make === undefined) throw new ArgumentError('backend', `one of ${backendChoices.join(', ')}`, name);
  return make(options);
}

/** Never on an adapter in software: backends for processors are faster. */
async function onCardOrElse(options: BackendOptions): Promise<Backend> {
  try {
    const { webgpuBackend } = await import('../backends/webgpu/index.ts');
    return await webgpuBackend({ ...options, software: false });
  } catch (error) {
    if (!(error instanceof UnsupportedError)) throw error;
    const backend = await fastestBackend(options);
    options.onChoice?.(`the backend ${backend.name} computes: ${error.message}`);
    return backend;
  }
}

async function fastestBackend(options: BackendOptions): Promise<Backend> {
  for (const name of defaults) {
    try {
      return await makeBackend(name, options);
    } catch (error) {
      if (!(error instanceof UnsupportedError)) throw error;
    }
  }
  throw new UnsupportedError('no backend runs on this machine');
}
