/** Progress of sampling: a bar with the time left on a terminal, one line per scale otherwise. */

import type { StepReport } from '../sampler/sample.ts';

const BAR_WIDTH = 24;

/** @param clips said in front of the clip's number where several runs follow one another. */
export function progress(stream: NodeJS.WriteStream = process.stderr): (step: StepReport) => void {
  const started = performance.now();
  let scaleStarted = started;
  return (step) => {
    const now = performance.now();
    const size = step.size.join('×');
    const place = `clip ${step.clip}, scale ${step.scale} (${size})`;
    if (stream.isTTY) {
      const done = (step.index + 1) / step.total;
      const left = ((now - started) / 1000) * (1 / done - 1);
      const filled = Math.round(done * BAR_WIDTH);
      const bar = '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled);
      stream.write(`\r\x1b[K${bar} ${place}, repetition ${step.repeat + 1}, ${duration(left)} left`);
      if (step.index + 1 === step.total) stream.write('\r\x1b[K');
    } else if (step.last) {
      stream.write(`${place}: ${step.repeat + 1} repetitions in ${duration((now - scaleStarted) / 1000)}\n`);
      scaleStarted = now;
    }
  };
}

/** 0.4 s, 12 s, 3 min 05 s */
export function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
}

/** Progress of training: loss, PSNR or share of right bits, and the time left; without a terminal a line every 25 steps. */
export function trainingProgress(
  stream: NodeJS.WriteStream = process.stderr,
): (step: number, steps: number, metrics: Readonly<Record<string, number>>) => void {
  const started = performance.now();
  let first: number | undefined;
  return (step, steps, metrics) => {
    first ??= step;
    const done = step + 1 - first;
    const left = ((performance.now() - started) / 1000 / done) * (steps - step - 1);
    const shown = Object.entries(metrics).filter(([name]) => ['loss', 'psnr', 'held_out_psnr', 'held_out_loss'].includes(name));
    const values = shown.map(([name, value]) => `${name.replaceAll('_', ' ')} ${value.toPrecision(4)}`).join(', ');
    const text = `step ${step + 1} of ${steps}: ${values}; ${duration(left)} left`;
    if (stream.isTTY) stream.write(`\r\x1b[K${text}${step + 1 === steps ? '\n' : ''}`);
    else if (step % 25 === 0 || step + 1 === steps) stream.write(`${text}\n`);
  };
}
