/**
 * Work that tells of itself by a callback, as an async iterator: what is told waits until it has been taken, and whoever takes no
 * more ends the work.
 */

interface Waiting<T> {
  readonly value: T;
  readonly taken: () => void;
}

/**
 * @param run is handed `tell`, whose promise resolves when the next value is asked for. @param stop is called when nobody asks
 *   any more; the work should then end.
 * @returns an iterator whose result is that of the work; it throws what the work throws.
 */
export async function* handoff<T, R>(
  run: (tell: (value: T) => Promise<void>) => Promise<R>, stop: () => void,
): AsyncGenerator<T, R> {
  let waiting: Waiting<T> | undefined;
  let outcome: (() => R) | undefined;
  let wake = (): void => undefined;
  const tell = (value: T): Promise<void> => new Promise((taken) => {
    waiting = { value, taken };
    wake();
  });
  const end = (how: () => R): void => {
    outcome = how;
    wake();
  };
  const work = run(tell).then((result) => end(() => result), (error: unknown) => end(() => {
    throw error;
  }));
  let current: Waiting<T> | undefined;
  try {
    for (;;) {
      if (waiting === undefined && outcome === undefined) await new Promise<void>((resolve) => (wake = resolve));
      if (waiting !== undefined) {
        current = waiting;
        waiting = undefined;
        yield current.value;
        current.taken();
        current = undefined;
      } else if (outcome !== undefined) {
        return outcome();
      }
    }
  } finally {
    if (outcome === undefined) {
      stop();
      current?.taken();
      await work;
    }
  }
}
