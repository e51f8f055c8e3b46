/** Results as text. */

import type { Stage } from './generation.ts';
import type { Results, Run } from './results.ts';
import { secondsOf } from './results.ts';
import type { Share } from './profile.ts';

/** Seconds of the official PyTorch code for a text-to-video generation of each size. */
const OFFICIAL: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  tiny: {},
  small: { 'text to video: sampling': 0.05, 'text to video: decoding': 0.06 },
  large: { 'text to video: sampling': 56, 'text to video: decoding': 10 },
};

export function report(results: Results): string {
  const { machine, peak, runs } = results;
  const lines = [
    `machine   ${machine.processor}, ${machine.threads} threads, ${(machine.memory / 2 ** 30).toFixed(0)} GiB, ${machine.system}, `
    + `Node ${machine.node}, load ${machine.load.toFixed(1)}`,
    `peak      ${(peak / 1e9).toFixed(1)} GFLOP/s on one thread (multiplications and additions of four lanes, in registers)`,
    'times     medians; on one thread the processor\'s time, on more and on other devices the clock\'s',
  ];
  for (const run of runs) lines.push('', ...reportRun(results, run));
  return `${lines.join('\n')}\n`;
}

function reportRun({ size, peak, runs, torch }: Results, run: Run): string[] {
  const readable = runs.find(({ backend }) => backend === 'reference');
  const compared = run === readable ? undefined : readable;
  const what = run.computes ?? `${run.backend}, ${run.threads} ${run.threads === 1 ? 'thread' : 'threads'}`;
  const lines = [`${what}, at most ${(run.memory / 2 ** 20).toFixed(0)} MB`];
  if (run.peak !== undefined) {
    const { flops, bytes: copied } = run.peak;
    lines.push(`  the adapter: ${(flops / 1e9).toFixed(1)} GFLOP/s between registers, ${(copied / 1e9).toFixed(1)} GB/s copying`);
  }
  const line = (name: string, seconds: number, notes: readonly (string | undefined)[]): void => {
    lines.push(`  ${name.padEnd(58)}${duration(seconds)}  ${notes.filter((note) => note !== undefined).join(', ')}`.trimEnd());
  };
  const bound = run.peak?.flops ?? (run.computes === undefined ? peak * run.threads : undefined);
  for (const operation of run.operations) {
    const seconds = secondsOf(run, operation);
    const rate = operation.flops / seconds;
    const slow = compared?.operations.find(({ name }) => name === operation.name);
    line(operation.name, seconds, [
      operation.flops === 0 ? undefined : `${(rate / 1e9).toFixed(rate < 1e9 ? 3 : 1)} GFLOP/s`,
      operation.flops === 0 || bound === undefined ? undefined : `${percent(rate / bound)} of peak`,
      run.onDevice ? `${duration(operation.processor).trim()} of the processor` : undefined,
      slow && `${ratio(secondsOf(run, slow) / seconds)} as fast as the readable backend`,
      beside(torch?.[operation.name], seconds, run),
    ]);
  }
  for (const stage of run.stages) {
    const seconds = secondsOf(run, stage);
    const slow = compared?.stages.find(({ name }) => name === stage.name);
    const official = OFFICIAL[size][stage.name];
    line(stage.name, seconds, [
      run.onDevice ? `${duration(stage.processor).trim()} of the processor` : undefined,
      slow && `${ratio(secondsOf(run, slow) / seconds)} as fast as the readable backend`,
      official === undefined ? undefined : `official code elsewhere ${official} s`,
      beside(torch?.[stage.name], seconds, run),
    ]);
  }
  for (const step of run.training) {
    const seconds = secondsOf(run, step);
    const rate = step.flops / seconds;
    line(`a step of the ${step.name}`, seconds, [
      `${(rate / 1e9).toFixed(1)} GFLOP/s of products`,
      beside(torch?.[step.name], seconds, run),
    ]);
    lines.push(...reportProfile('it', step.shares));
  }
  for (const [part, seconds] of Object.entries({ ...run.host })) {
    const whole = run.stages.find(({ name }) => name === `text to video: ${part}`);
    const share = whole && `${percent(seconds / secondsOf(run, whole))} of the wall`;
    line(`text to video: ${part}, the host outside the driver`, seconds, [share]);
  }
  lines.push(...reportWork(run.stages));
  return [...lines, ...reportProfile('sampling', run.sampling), ...reportProfile('decoding', run.decoding)];
}

/** Our time as a multiple of PyTorch's: on as many threads; of a device, on a card, or on all threads where there is none. */
function beside(torch: Readonly<Record<string, number>> | undefined, seconds: number, run: Run): string | undefined {
  if (torch === undefined) return undefined;
  const place = !run.onDevice ? String(run.threads) : 'cuda' in torch ? 'cuda' : String(Math.max(...Object.keys(torch).map(Number)));
  const theirs = torch[place];
  return theirs === undefined ? undefined : `${ratio(seconds / theirs)} PyTorch's ${duration(theirs).trim()}`;
}

function reportProfile(part: string, shares: readonly Share[]): string[] {
  if (shares.length === 0) return [];
  const total = shares.reduce((sum, { seconds }) => sum + seconds, 0);
  const kept = shares.filter(({ seconds }) => seconds > 0.005 * total);
  return [`  where the time of ${part} goes`, ...kept.map(({ operation, calls, seconds }) => {
    return `    ${operation.padEnd(24)}${percent(seconds / total).padStart(6)}${duration(seconds)}  ${calls === 0 ? '' : `${calls} calls`}`.trimEnd();
  })];
}

/** What a device moved and compiled, stage by stage. */
function reportWork(stages: readonly Stage[]): string[] {
  const rows = stages.flatMap(({ name, work, first }) => {
    if (work === undefined) return [];
    const moved = [work.launches, work.submits, bytes(work.uploadedBytes), bytes(work.readBytes), work.reads, work.compilations];
    const cold = first === undefined ? ['', '', ''] : [duration(first.wall), first.work.compilations, duration(first.work.compileSeconds)];
    return [`    ${name.padEnd(50)}${[...moved, ...cold].map((cell) => String(cell).trim().padStart(13)).join('')}`];
  });
  if (rows.length === 0) return [];
  const heads = ['launches', 'submits', 'up', 'down', 'reads', 'compilations', 'first run', 'compilations', 'that took'];
  return ['  on the device', `    ${''.padEnd(50)}${heads.map((head) => head.padStart(13)).join('')}`, ...rows];
}

function bytes(count: number): string {
  return count < 1e5 ? `${(count / 1e3).toFixed(1)} kB` : `${(count / 1e6).toFixed(2)} MB`;
}

function duration(seconds: number): string {
  if (seconds < 1e-3) return `${(seconds * 1e6).toFixed(1)} µs`.padStart(12);
  return (seconds < 1 ? `${(seconds * 1e3).toFixed(2)} ms` : `${seconds.toFixed(2)} s`).padStart(12);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;
}

function ratio(value: number): string {
  return `${value.toFixed(value < 10 ? 2 : 0)}×`;
}
