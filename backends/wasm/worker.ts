/**
 * The source of a worker thread, started from a data URL (Node) or a Blob URL (browsers), so that it needs no file, no
 * loader and no bundler. It runs the tasks of the kernels' scheduler for ever; what it throws is marked in memory.
 */

/** Byte addresses of the scheduler's words that the caller sees (kernels/schedule.ts). */
export const PUBLISHED = 64;
export const CURRENT = 128;
export const WAITING = 256;
export const FAILED = 384;

export interface WorkerStart {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** From 1: the caller's thread is 0. */
  readonly thread: number;
}

export const WORKER_SOURCE = `
function start({ module, memory, thread }, ready) {
  const words = new Int32Array(memory.buffer, 0, 1024);
  try {
    const { exports } = new WebAssembly.Instance(module, { env: { memory } });
    exports.init(thread);
    ready();
    exports.work();
  } catch (error) {
    Atomics.store(words, ${FAILED / 4}, 1);
    Atomics.notify(words, ${CURRENT / 4});
    throw error;
  }
}
if (typeof process === 'object' && process.versions?.node !== undefined) {
  const { parentPort, workerData } = await import('node:worker_threads');
  start(workerData, () => parentPort.postMessage('ready'));
} else {
  onmessage = ({ data }) => start(data, () => postMessage('ready'));
}
`;
