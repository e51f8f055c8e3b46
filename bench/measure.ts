/** Medians of several runs: time on the clock, and the processor's time, which neighbours on the machine hardly change. */

export interface Timing {
  /** Seconds a run, medians. */
  readonly wall: number;
  readonly processor: number;
  readonly runs: number;
}

export interface MeasureOptions {
  /** Seconds of the processor that all runs together may take; a single run always takes place. */
  readonly seconds?: number;
  readonly most?: number;
  /** Waits at the end of a run for what calls have only queued. */
  readonly settle?: () => Promise<void>;
}

/** Short calls are repeated within a run, so that the clocks are fine enough. */
const SHORTEST_RUN = 0.004;

/** What is timed: a promise is awaited, but only where there is one, which would take longer than a small product. */
type Timed = () => void | Promise<void>;

/** Times `call` once it is warm: engines compile well only after some calls. */
export async function measure(call: Timed, { seconds = 1, most = 15, settle }: MeasureOptions = {}): Promise<Timing> {
  const timed = (repeats: number): ReturnType<typeof timedRun> => timedRun(call, repeats, settle);
  const first = await timed(1);
  if (first.processor > seconds) return { ...first, runs: 1 };
  const second = await timed(1);
  await timed(Math.ceil((0.4 * seconds) / Math.max(second.processor, 1e-5)));
  const repeats = Math.max(1, Math.ceil(SHORTEST_RUN / Math.max((await timed(3)).processor, 1e-6)));
  const runs: { wall: number; processor: number }[] = [];
  let used = 0;
  while (runs.length < 3 || (runs.length < most && used < seconds)) {
    const run = await timed(repeats);
    used += run.processor * repeats;
    runs.push(run);
  }
  return { wall: median(runs.map((run) => run.wall)), processor: median(runs.map((run) => run.processor)), runs: runs.length };
}

async function timedRun(
  call: Timed, repeats: number, settle?: () => Promise<void>,
): Promise<{ wall: number; processor: number }> {
  const processor = process.cpuUsage();
  const start = performance.now();
  for (let i = 0; i < repeats; i++) {
    const done = call();
    if (done !== undefined) await done;
  }
  await settle?.();
  const wall = (performance.now() - start) / 1e3 / repeats;
  const { user, system } = process.cpuUsage(processor);
  return { wall, processor: (user + system) / 1e6 / repeats };
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}
