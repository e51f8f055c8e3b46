/** Medians of several runs: time on the clock, and the processor's time, which neighbours on the machine hardly change. */

export interface Timing {
  /** Seconds a run, medians. */
  readonly wall: number;
  readonly processor: number;
  readonly runs: number;
}

export interface MeasureOptions {
  /** Seconds that all runs together may take; a single run always takes place. */
  readonly seconds?: number;
  readonly most?: number;
}

/** Short calls are repeated within a run, so that the clocks are fine enough. */
const SHORTEST_RUN = 0.004;

/** Times `call` after one run that counts only where another would take too long. */
export async function measure(call: () => Promise<void>, { seconds = 1, most = 15 }: MeasureOptions = {}): Promise<Timing> {
  const first = await timed(call, 1);
  if (first.wall > seconds) return { ...first, runs: 1 };
  await timed(call, Math.max(1, Math.min(50, Math.floor((0.2 * seconds) / first.wall)))); // compiled well after some calls
  const repeats = Math.max(1, Math.ceil(SHORTEST_RUN / (await timed(call, 3)).wall));
  const runs: { wall: number; processor: number }[] = [];
  const end = performance.now() + 1000 * seconds;
  while (runs.length < 3 || (runs.length < most && performance.now() < end)) runs.push(await timed(call, repeats));
  return { wall: median(runs.map((run) => run.wall)), processor: median(runs.map((run) => run.processor)), runs: runs.length };
}

async function timed(call: () => Promise<void>, repeats: number): Promise<{ wall: number; processor: number }> {
  const processor = process.cpuUsage();
  const start = performance.now();
  for (let i = 0; i < repeats; i++) await call();
  const wall = (performance.now() - start) / 1e3 / repeats;
  const { user, system } = process.cpuUsage(processor);
  return { wall, processor: (user + system) / 1e6 / repeats };
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}
