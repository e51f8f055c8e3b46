/** The worker's side: takes calls, one after the other, and says how far it is. A cancellation gets in between two steps. */

import { InfinityStarError } from '../../src/browser.ts';
import type { Backend } from '../../src/browser.ts';
import { Engine } from './engine.ts';
import type { Call, Methods, Progress, Reply } from './protocol.ts';

const reply = (message: Reply): void => postMessage(message);

export function serveEngine(makeBackend: (name: string) => Promise<Backend>): void {
  let running = new AbortController();
  const engine = new Engine(makeBackend, (progress: Progress) => reply({ progress }));
  let before: Promise<void> = Promise.resolve();
  addEventListener('message', ({ data }: MessageEvent<Call>) => {
    if ('cancel' in data) running.abort();
    else before = before.then(() => {
      running = new AbortController();
      return answer(engine, running.signal, data);
    });
  });
}

async function answer(engine: Engine, signal: AbortSignal, { id, method, args }: Exclude<Call, { cancel: true }>): Promise<void> {
  engine.signal = signal;
  try {
    const methods = engine as unknown as Record<keyof Methods, (...given: readonly unknown[]) => Promise<unknown>>;
    const value = await methods[method](...args);
    reply({ id, value });
  } catch (error) {
    const cancelled = signal.aborted;
    const message = error instanceof InfinityStarError ? error.message : `unexpected: ${error instanceof Error ? error.message : String(error)}`;
    reply({ id, error: cancelled ? 'cancelled' : message, cancelled });
  }
}
