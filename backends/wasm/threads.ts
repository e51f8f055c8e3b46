/** Starts worker threads, in Node and in browsers, and says what the caller's own thread may do. */

import { cgroupQuota } from './cgroup.ts';
import type { WorkerStart } from './worker.ts';
import { WORKER_SOURCE } from './worker.ts';

export interface Thread {
  /** Calls back once, when the thread has crashed or ended. */
  onEnd(listener: (cause: unknown) => void): void;
  /** @returns whether it has ended for sure: browsers do not tell. */
  stop(): Promise<boolean>;
}

const inNode = typeof process === 'object' && process.versions?.node !== undefined;

/** Whether this thread may sleep: all but the one of a browser's page. */
export const mayBlock = inNode || !('document' in globalThis);

/** Whether memory can be shared with workers: always in Node, in browsers when cross-origin isolated. */
export const mayShare = inNode || (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated === true;

/** Resolves when the thread is running. */
export function startThread(start: WorkerStart): Promise<Thread> {
  return inNode ? startInNode(start) : startInBrowser(start);
}

/** How many threads can run at once: those of the machine, less what the process or its container may not use. */
export async function processors(): Promise<number> {
  if (!inNode) return navigator.hardwareConcurrency;
  const os = (await import(/* @vite-ignore */ /* webpackIgnore: true */ builtIn('os'))) as typeof import('node:os');
  const { readFileSync } = (await import(/* @vite-ignore */ /* webpackIgnore: true */ builtIn('fs'))) as typeof import('node:fs');
  const quota = cgroupQuota((path) => {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return undefined; // no such group, or another system
    }
  });
  return Math.min(os.availableParallelism(), Math.max(1, Math.floor(quota)));
}

async function startInNode(start: WorkerStart): Promise<Thread> {
  const { Worker } = (await import(/* @vite-ignore */ /* webpackIgnore: true */ builtIn('worker_threads'))) as typeof import('node:worker_threads');
  const url = new URL(`data:text/javascript,${encodeURIComponent(WORKER_SOURCE)}`);
  const worker = new Worker(url, { workerData: start, execArgv: [] });
  await new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  worker.removeAllListeners('error');
  worker.unref(); // the thread never ends by itself, and must not keep the program
  return {
    onEnd(listener) {
      worker.once('error', listener);
      worker.once('exit', (code) => listener(new Error(`the worker ended with code ${code}`)));
    },
    async stop() {
      await worker.terminate();
      return true;
    },
  };
}

async function startInBrowser(start: WorkerStart): Promise<Thread> {
  const url = URL.createObjectURL(new Blob([WORKER_SOURCE], { type: 'text/javascript' }));
  const worker = new Worker(url, { type: 'module' });
  await new Promise<void>((resolve, reject) => {
    worker.onmessage = () => resolve();
    worker.onerror = (event) => reject(new Error(event.message));
    worker.postMessage(start);
  });
  URL.revokeObjectURL(url);
  return {
    onEnd: (listener) => void (worker.onerror = (event) => listener(new Error(event.message))),
    async stop() {
      worker.terminate();
      return false;
    },
  };
}

/** Not a literal in the import, so that bundlers for browsers leave it alone. */
function builtIn(name: string): string {
  return `node:${name}`;
}
