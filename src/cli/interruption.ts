/**
 * Ctrl-C and SIGTERM: the first one gives the signal that every command passes to its work, which then leaves nothing half
 * done; the second one ends the program at once. The exit code is 128 plus the signal's number, as shells have it.
 */

import { InfinityStarError } from '../errors.ts';

const NUMBERS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

type Name = keyof typeof NUMBERS;

/** The reason of the signal. */
export class InterruptedError extends InfinityStarError {
  override readonly name = 'InterruptedError';
  readonly exitCode: number;

  constructor(name: Name) {
    super(`interrupted by ${name}`);
    this.exitCode = 128 + NUMBERS[name];
  }
}

export interface Interruption {
  readonly signal: AbortSignal;
  /** Leaves signals to the system again. */
  stopListening(): void;
}

export function listenForSignals(): Interruption {
  const controller = new AbortController();
  const listener = (name: NodeJS.Signals): void => {
    const error = new InterruptedError(name as Name);
    if (controller.signal.aborted) process.exit(error.exitCode); // removes temporary files
    controller.abort(error);
  };
  const names = Object.keys(NUMBERS) as Name[];
  for (const name of names) process.on(name, listener);
  return {
    signal: controller.signal,
    stopListening() {
      for (const name of names) process.removeListener(name, listener);
    },
  };
}
