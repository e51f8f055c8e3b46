/** The backends by name. Everything above this file takes a backend as an argument; nothing below knows its name. */

import { wasmBackend } from '../backends/wasm/index.ts';
import { referenceBackend } from '../reference/backend.ts';
import type { Backend } from './backend/backend.ts';
import { ArgumentError, UnsupportedError } from './errors.ts';

export interface BackendOptions {
  /** Threads that compute; as many as there are processors unless given. The reference backend has one. */
  readonly threads?: number;
}

const makers: Readonly<Record<string, (options: BackendOptions) => Promise<Backend>>> = {
  wasm: wasmBackend,
  reference: async () => referenceBackend(),
};

/** Fastest first. */
export const backendNames: readonly string[] = Object.keys(makers);

/**
 * A backend by name; without one the fastest that this machine can run.
 * @throws ArgumentError for an unknown name, UnsupportedError if the machine cannot run it.
 */
export async function makeBackend(name?: string, options: BackendOptions = {}): Promise<Backend> {
  if (name === undefined) return fastestBackend(options);
  const make = Object.hasOwn(makers, name) ? makers[name] : undefined;
  if (make === undefined) throw new ArgumentError('backend', `one of ${backendNames.join(', ')}`, name);
  return make(options);
}

async function fastestBackend(options: BackendOptions): Promise<Backend> {
  for (const make of Object.values(makers)) {
    try {
      return await make(options);
    } catch (error) {
      if (!(error instanceof UnsupportedError)) throw error;
    }
  }
  throw new UnsupportedError('no backend runs on this machine');
}
