/**
 * `npm run kills [-- --times 60 --seed 1]`: kills commands at random moments. Whatever lay where they write is whole, old or new,
 * and after the next run of the same command nothing of a killed one is left. Takes some minutes.
 */

import './errors-in-a-line.ts';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { seededUniforms } from '../src/sampler/uniforms.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

interface Target {
  readonly args: readonly string[];
  /** What the command replaces, which must be the same bytes after every whole run; or the folder that it makes anew. */
  readonly result: string;
  readonly folder: boolean;
}

const { times, seed } = parseArgs({ options: { times: { type: 'string', default: '60' }, seed: { type: 'string', default: '1' } } }).values;
const uniforms = seededUniforms(Number(seed));
const place = mkdtempSync(join(tmpdir(), 'kills-'));
const targets: Readonly<Record<string, Target>> = {
  generate: { args: ['generate', 'a red circle', '--image-only', '--out', 'out.png'], result: 'out.png', folder: false },
  convert: {
    args: ['convert', join(root, 'fixtures/models/toy'), '--preset', join(root, 'fixtures/models/toy'), '--out', 'model'],
    result: 'model', folder: true,
  },
  train: {
    args: ['train', 'tokenizer', '--run', 'run', '--scale-steps', '0.001', '--checkpoint-every', '1'],
    result: 'run/tokenizer.safetensors', folder: false,
  },
  'kit export': { args: ['kit', 'export', 'kit', '--level', 'L0'], result: 'kit', folder: true },
};

try {
  const names = Object.keys(targets);
  const durations = new Map<string, number>();
  for (const name of names) durations.set(name, await whole(targets[name]));
  process.stdout.write(`a whole run takes ${names.map((name) => `${name} ${(durations.get(name)! / 1000).toFixed(1)} s`).join(', ')}\n`);
  for (let i = 0; i < Number(times); i++) {
    const name = names[i % names.length];
    const after = uniforms.next(1)[0] * durations.get(name)!;
    const left = await killed(targets[name], after);
    process.stdout.write(`${i + 1}: ${name} killed after ${Math.round(after)} ms, ${left} left over, none after the next run\n`);
  }
} finally {
  rmSync(place, { recursive: true });
}

/** Kills one run, then lets another end. @returns how many temporary files the killed one left. @throws if something was lost. */
async function killed(target: Target, after: number): Promise<number> {
  const path = join(place, target.result);
  const before = target.folder || !existsSync(path) ? undefined : readFileSync(path);
  if (target.folder) rmSync(path, { recursive: true, force: true });
  await run(target.args, after);
  if (before !== undefined && !readFileSync(path).equals(before)) throw new Error(`${target.result} was damaged`);
  const left = leftovers().length;
  if (target.folder) rmSync(path, { recursive: true, force: true }); // it may have been finished
  await whole(target);
  if (before !== undefined && !readFileSync(path).equals(before)) throw new Error(`${target.result} is another one`);
  if (leftovers().length > 0) throw new Error(`left over: ${leftovers().join(', ')}`);
  return left;
}

/** @returns milliseconds. @throws if the command fails. */
async function whole({ args }: Target): Promise<number> {
  const started = performance.now();
  if ((await run(args)) !== 0) throw new Error(`${args.join(' ')} failed`);
  return performance.now() - started;
}

/** @returns the exit code; null of a killed one. */
function run(args: readonly string[], killAfter?: number): Promise<number | null> {
  const child = spawn(process.execPath, [join(root, 'bin/infinitystar.js'), ...args], { cwd: place, stdio: 'ignore' });
  const timer = killAfter === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfter);
  return new Promise((resolve) => child.once('close', (code) => {
    clearTimeout(timer);
    resolve(code);
  }));
}

function leftovers(): string[] {
  return readdirSync(place, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.tmp'));
}
