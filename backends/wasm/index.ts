/** The WebAssembly backend for Node and browsers. */

import { Scope } from '../../src/backend/ownership.ts';
import { ArgumentError } from '../../src/errors.ts';
import { WasmBackend } from './backend.ts';
import { Device } from './device.ts';
import { mayShare, processors } from './threads.ts';

export { WasmBackend } from './backend.ts';

export interface WasmOptions {
  /** Threads that compute, the caller's included; as many as there are processors unless given. */
  readonly threads?: number;
}

let noticed = false;

/**
 * A backend with its own memory, up to 4 GiB.
 *
 * Where memory cannot be shared with workers (a page that is not cross-origin isolated), it computes on one thread and
 * says so once. On the thread of a page it never sleeps, and returns to the event loop between stages.
 *
 * @throws ArgumentError unless `threads` is a positive integer; UnsupportedError where there is no shared memory.
 */
export async function wasmBackend(options: WasmOptions = {}): Promise<WasmBackend> {
  const threads = options.threads ?? (await processors());
  if (!Number.isInteger(threads) || threads < 1) throw new ArgumentError('threads', 'an integer from 1', threads);
  const device = new Device();
  if (threads > 1 && mayShare) {
    await device.addThreads(threads);
  } else if (threads > 1 && !noticed) {
    noticed = true;
    console.warn('wasm backend: one thread only, for this page is not cross-origin isolated');
  }
  return new WasmBackend(device, Scope.root(device));
}
