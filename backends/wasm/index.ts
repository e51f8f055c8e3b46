/** The WebAssembly backend for Node and browsers. */

import { Scope } from '../../src/backend/ownership.ts';
import { ArgumentError } from '../../src/errors.ts';
import { WasmBackend } from './backend.ts';
import { Device } from './device.ts';
import { mayShare, processors } from './threads.ts';

export { WasmBackend } from './backend.ts';
export { processors } from './threads.ts';

export interface WasmOptions {
  /** Threads that compute, the caller's included; as many as there are processors unless given, and never more. */
  readonly threads?: number;
  /** Gets one line if there are fewer threads than asked for, and why; `console.warn` unless given. */
  readonly onChoice?: (line: string) => void;
}

let noticed = false;

/**
 * A backend with its own memory, up to 4 GiB.
 *
 * Where memory cannot be shared with workers (a page that is not cross-origin isolated), it computes on one thread and
 * says so once. More threads than processors would wait for one another. On the thread of a page it never sleeps.
 *
 * @throws ArgumentError unless `threads` is a positive integer; UnsupportedError where there is no shared memory, or a thread
 *   cannot be started.
 */
export async function wasmBackend({ threads: wanted, onChoice = console.warn }: WasmOptions = {}): Promise<WasmBackend> {
  const most = await processors();
  if (wanted !== undefined && (!Number.isInteger(wanted) || wanted < 1)) throw new ArgumentError('threads', 'an integer from 1', wanted);
  const threads = Math.min(wanted ?? most, most);
  if (wanted !== undefined && wanted > most) {
    onChoice(`${threads} thread${threads === 1 ? '' : 's'}, not ${wanted}: no more can run at once here`);
  }
  const device = new Device();
  if (threads > 1 && mayShare) {
    await device.addThreads(threads);
  } else if (threads > 1 && !noticed) {
    noticed = true;
    onChoice('wasm backend: one thread only, for this page is not cross-origin isolated');
  }
  return new WasmBackend(device, Scope.root(device));
}
