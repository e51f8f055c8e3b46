/**
 * Frame rates of files that tell how long each frame is shown, in whole ticks of a clock: GIF in hundredths of a second,
 * others in thousandths or in fractions of their own.
 *
 *   mean rate = frames · ticks a second / Σ delays
 *
 * is exact where the rate fits the clock. Where it does not (8 a second are 12.5 hundredths) a writer has rounded, each
 * delay or each moment: undone here, if the delays are those of a rate that people use.
 */

/** Rates that people use, a second: whole ones, and others. */
const COMMON = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 16, 20, 24, 25, 30, 48, 50, 60];
const BROKEN = [7.5, 12.5, 24000 / 1001, 30000 / 1001, 60000 / 1001];
/** Clocks too coarse for such rates. */
const COARSE = [100, 1000];
const ROUNDING = 1e-9;

/** @param delays in ticks, positive whole numbers. @param ticks a second. */
export function rateOf(delays: readonly number[], ticks: number): number {
  const total = delays.reduce((sum, delay) => sum + delay, 0);
  const mean = (delays.length * ticks) / total;
  if (!COARSE.includes(ticks) || COMMON.includes(mean) || BROKEN.includes(mean)) return mean;
  const whole = Array.from({ length: ticks / 2 }, (_, i) => i + 1);
  const even = delays.every((delay) => delay === delays[0]);
  const meant = (rate: number) => (even ? isCut(delays[0], ticks / rate) : isRounded(delays, ticks / rate));
  for (const rates of [COMMON, whole, BROKEN]) {
    const rate = rates.filter(meant).toSorted((a, b) => Math.abs(a - mean) - Math.abs(b - mean))[0];
    if (rate !== undefined) return rate;
  }
  return mean;
}

/** Whether a delay was cut or rounded to whole ticks, by itself. */
function isCut(ticks: number, delay: number): boolean {
  return delay - ticks < 1 && ticks - delay <= 0.5 + ROUNDING;
}

/** Whether every moment is a multiple of a delay, rounded or cut: what a writer does that keeps to its rate. */
function isRounded(delays: readonly number[], delay: number): boolean {
  let moment = 0;
  return delays.every((ticks, i) => {
    moment += ticks;
    return Math.abs(moment - (i + 1) * delay) < 1 - ROUNDING;
  });
}

/** Frames at `rate` that `count` frames at `fps` make: ⌊(count − 1)·rate/fps⌋ + 1, where the quotient is a rounded one. */
export function framesAtRate(count: number, fps: number, rate: number): number {
  return Math.floor(((count - 1) * rate) / fps + ROUNDING * count) + 1;
}

/**
 * The nearest fraction to a rate whose parts are at most `limit`, by its continued fraction.
 * @param value between 1/limit and limit.
 */
export function fractionOf(value: number, limit: number): readonly [numerator: number, denominator: number] {
  let [n0, d0, n1, d1] = [0, 1, 1, 0];
  for (let rest = value; ; rest = 1 / (rest - Math.floor(rest))) {
    const whole = Math.floor(rest);
    const [n, d] = [whole * n1 + n0, whole * d1 + d0];
    if (!(n <= limit && d <= limit)) break;
    [n0, d0, n1, d1] = [n1, d1, n, d];
    if (n1 / d1 === value) break;
  }
  return [n1, d1];
}
