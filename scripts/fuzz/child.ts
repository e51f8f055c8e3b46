/**
 * Runs inputs one after another and says before each which it is, so that whoever watches knows what hung. Started by
 * main.ts; reads what to do from its messages.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InfinityStarError } from '../../src/errors.ts';
import { Random } from './random.ts';
import { prepare, targets } from './targets.ts';

/** Inputs of these seeds, or the bytes of one file. */
export type Task =
  | { readonly seeds: readonly [from: number, end: number]; readonly kinds: readonly string[] }
  | { readonly kind: string; readonly base64: string };

export type Report =
  | { readonly start: number; readonly kind: string }
  | { readonly fault: string; readonly kind: string; readonly seed: number; readonly base64: string }
  | { readonly done: number; readonly cpu: number; readonly rss: number };

/** How often an input is read twice: its answer must be the same. */
const AGAIN = 1 / 8;

const root = mkdtempSync(join(tmpdir(), 'fuzz-'));
process.on('exit', () => rmSync(root, { recursive: true, force: true }));
const send = (report: Report) => process.send!(report);
const prepared = new Set<string>();

/** What the reader answers: what it read, the line of its typed error, or the beginning of a fault. */
async function answer(kind: string, bytes: Uint8Array): Promise<string> {
  const target = targets[kind];
  const folder = join(root, kind);
  if (!prepared.has(kind)) prepare(kind, folder);
  prepared.add(kind);
  const path = join(folder, target.file);
  writeFileSync(path, bytes);
  try {
    return `read ${JSON.stringify(await target.read(path, folder))}`;
  } catch (error) {
    if (error instanceof InfinityStarError && !/[\n\r]/.test(error.message)) return error.message;
    return `FAULT ${error instanceof Error ? (error.stack ?? error.message).split('\n').slice(0, 2).join(' ') : String(error)}`;
  }
}

async function faultOf(kind: string, bytes: Uint8Array, again: boolean): Promise<string | undefined> {
  const first = await answer(kind, bytes);
  if (first.startsWith('FAULT')) return first;
  return again && (await answer(kind, bytes)) !== first ? 'FAULT another answer the second time' : undefined;
}

/** Takes out as much as can be without the fault going away. */
async function minimized(kind: string, bytes: Uint8Array, fault: string): Promise<Uint8Array> {
  let best = bytes;
  for (let length = Math.ceil(best.length / 2); length >= 1; length = Math.floor(length / 2)) {
    for (let at = 0; at < best.length && best.length < 50_000; ) {
      const shorter = new Uint8Array(Buffer.concat([best.subarray(0, at), best.subarray(at + length)]));
      if ((await faultOf(kind, shorter, fault.includes('second time'))) === fault) best = shorter;
      else at += length;
    }
  }
  return best;
}

async function runSeeds([from, end]: readonly [number, number], kinds: readonly string[]): Promise<void> {
  const total = kinds.reduce((sum, kind) => sum + targets[kind].weight, 0);
  for (let seed = from; seed < end; seed++) {
    const random = new Random(seed);
    let place = (random.next() / 2 ** 32) * total;
    const kind = kinds.find((name) => (place -= targets[name].weight) < 0) ?? kinds[0];
    send({ start: seed, kind });
    const bytes = await targets[kind].make(random);
    const fault = await faultOf(kind, bytes, random.chance(AGAIN));
    if (fault === undefined) continue;
    send({ fault, kind, seed, base64: Buffer.from(await minimized(kind, bytes, fault)).toString('base64') });
  }
}

process.on('message', (task: Task) => {
  const started = process.cpuUsage();
  const count = 'seeds' in task ? task.seeds[1] - task.seeds[0] : 1;
  const run = 'seeds' in task ? runSeeds(task.seeds, task.kinds) : faultOf(task.kind, Buffer.from(task.base64, 'base64'), false);
  run.then((fault) => {
    if (fault !== undefined && 'kind' in task) send({ fault, kind: task.kind, seed: -1, base64: task.base64 });
    const { user, system } = process.cpuUsage(started);
    send({ done: count, cpu: (user + system) / 1e6, rss: process.resourceUsage().maxRSS * 1024 });
  }, (error: unknown) => {
    process.stderr.write(`the fuzzer itself failed: ${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(3);
  });
});
