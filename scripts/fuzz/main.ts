/**
 * `npm run fuzz -- --minutes 10`: wrong files of every kind that the project reads, through its public entries. Right is
 * an answer or one typed line, the same every time, within 2 seconds and 300 MB. A child process reads; this one
 * watches, and looks once more, in a fresh child and in processor time, at what was slow or large.
 *
 *   --minutes n | --inputs n    how long               --seed n         where to begin; printed, and again with every fault
 *   --kinds a,b                 only these             --replay kind file
 *
 * Faults are minimized, saved below out/fuzz, and make the exit code 1.
 */

import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Report, Task } from './child.ts';
import { Random } from './random.ts';
import { targets } from './targets.ts';

const MAX_SECONDS = 2;
const MAX_BYTES = 300e6;
/** Wall time after which a child is taken to hang; other programs may have the processor. */
const PATIENCE = 8;
/** Inputs of one task; a child that has grown is replaced after it. */
const BATCH = 500;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: 'string' }, inputs: { type: 'string' }, seed: { type: 'string', default: String(Date.now() % 1e9) },
    kinds: { type: 'string', default: Object.keys(targets).join(',') }, replay: { type: 'boolean' },
  },
});
const kinds = values.kinds.split(',');
const unknown = kinds.find((kind) => !(kind in targets));
if (unknown !== undefined) throw new Error(`no kind ${unknown}; there are ${Object.keys(targets).join(', ')}`);

interface Outcome {
  /** The last input that was begun. */
  readonly last: { readonly seed: number; readonly kind: string } | undefined;
  readonly faults: readonly Extract<Report, { fault: string }>[];
  readonly end: Extract<Report, { done: number }> | undefined;
}

function start(): ChildProcess {
  return fork(join(import.meta.dirname, 'child.ts'), { execArgv: ['--import', 'tsx', '--max-old-space-size=2048'] });
}

/** Gives a child a task; a child that hangs is killed. */
function give(child: ChildProcess, task: Task, patience: number): Promise<Outcome> {
  return new Promise((resolve) => {
    let last: Outcome['last'];
    const faults: Extract<Report, { fault: string }>[] = [];
    let timer: NodeJS.Timeout;
    const finish = (end: Outcome['end']) => {
      clearTimeout(timer);
      child.removeAllListeners();
      resolve({ last, faults, end });
    };
    const wait = () => {
      clearTimeout(timer);
      timer = setTimeout(() => child.kill('SIGKILL'), patience * 1000);
    };
    child.on('message', (report: Report) => {
      wait();
      if ('start' in report) last = { seed: report.start, kind: report.kind };
      else if ('fault' in report) faults.push(report);
      else finish(report);
    });
    child.on('exit', () => finish(undefined));
    wait();
    child.send(task);
  });
}

/** One file in a child of its own, measured. */
async function measure(kind: string, base64: string): Promise<string | undefined> {
  const child = start();
  const { faults, end } = await give(child, { kind, base64 }, 10 * PATIENCE);
  child.kill();
  if (end === undefined) return 'died, or was killed after a minute';
  if (end.cpu > MAX_SECONDS + 1) return `took ${end.cpu.toFixed(1)} s of processor time`; // a second goes to imports
  if (end.rss > MAX_BYTES) return `took ${Math.round(end.rss / 1e6)} MB`;
  return faults[0]?.fault;
}

function save(kind: string, seed: number, fault: string, base64: string): void {
  const folder = join('out/fuzz', `${kind}-${seed}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, targets[kind].file), Buffer.from(base64, 'base64'));
  writeFileSync(join(folder, 'fault.txt'), `${fault}\nseed ${seed}\n`);
  process.stdout.write(`${kind}, seed ${seed}: ${fault}\n  saved in ${folder}\n`);
}

async function inputOf({ seed, kind }: { readonly seed: number; readonly kind: string }): Promise<string> {
  const random = new Random(seed);
  random.next(); // chose the kind
  return Buffer.from(await targets[kind].make(random)).toString('base64');
}

if (values.replay) {
  const [kind, file] = positionals;
  const fault = await measure(kind, readFileSync(file).toString('base64'));
  process.stdout.write(`${fault ?? 'right'}\n`);
  process.exit(fault === undefined ? 0 : 1);
}

const first = Number(values.seed);
const inputs = Number(values.inputs ?? Infinity);
const deadline = performance.now() + Number(values.minutes ?? (values.inputs === undefined ? 1 : Infinity)) * 60_000;
process.stdout.write(`seed ${first}\n`);
let [seed, faults] = [first, 0];
const known = new Set<string>();
let child = start();
while (performance.now() < deadline && seed < first + inputs) {
  const end = Math.min(seed + BATCH, first + inputs);
  const outcome = await give(child, { seeds: [seed, end], kinds }, PATIENCE);
  for (const { kind, seed: at, fault, base64 } of outcome.faults) {
    faults++;
    if (known.has(kind + fault)) continue;
    known.add(kind + fault);
    save(kind, at, fault, base64);
  }
  const large = outcome.end !== undefined && outcome.end.rss > MAX_BYTES;
  if (outcome.end === undefined && outcome.last !== undefined) {
    const base64 = await inputOf(outcome.last);
    const fault = await measure(outcome.last.kind, base64);
    if (fault !== undefined) {
      faults++;
      save(outcome.last.kind, outcome.last.seed, fault, base64);
    }
    seed = outcome.last.seed + 1;
  } else {
    seed = end;
  }
  if (large || outcome.end === undefined) {
    child.kill();
    child = start();
  }
}
child.kill();
process.stdout.write(`${seed - first} inputs, ${faults} faults\n`);
process.exit(faults === 0 ? 0 : 1);
