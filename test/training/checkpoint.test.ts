/** Checkpoints that do not fit are refused, a loss that is no number stops a run, and a folder has one trainer. */

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { HostTensor } from '../../src/array/host.ts';
import { hostTensor } from '../../src/array/host.ts';
import { FileError, InfinityStarError } from '../../src/errors.ts';
import { writeFileAtomic } from '../../src/io/atomic.ts';
import { openSafetensorsPath } from '../../src/io/sharded-safetensors.ts';
import { safetensorsChunks } from '../../src/io/write-safetensors.ts';
import { readWeights, writeWeights } from '../../src/training/run/checkpoint.ts';
import { withLock } from '../../src/training/run/lock.ts';
import { runTraining } from '../../src/training/run/loop.ts';
import type { TrainingTask } from '../../src/training/run/loop.ts';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'checkpoint-'));
  file = join(folder, 'checkpoint.safetensors');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const vector = (...values: number[]): HostTensor => hostTensor(Float32Array.from(values), [values.length]);

/** Two parameters that are drawn to zero. @param lossAt changes the loss, and with it the gradient. */
function task(steps: number, lossAt: (step: number) => number = () => 1): TrainingTask {
  return {
    steps, settings: '{"task":"test"}',
    initial: () => new Map([['a', vector(1, 2)], ['b', vector(3)]]),
    plan: () => ({ rate: 0.1, restart: false, adamw: { betas: [0.9, 0.99], eps: 1e-8, weight_decay: 0, clip: 0 }, decay: 0.5 }),
    gradients: (step, parameters) => Promise.resolve({ gradients: parameters, metrics: { loss: lossAt(step) } }),
    validate: () => Promise.resolve({}),
  };
}

const run = (t: TrainingTask, checkpointEvery = 2) => runTraining(t, { folder, checkpointEvery });

async function rewrite(change: (tensors: Map<string, HostTensor>, metadata: Map<string, string>) => void): Promise<void> {
  const opened = await openSafetensorsPath(file);
  const tensors = new Map<string, HostTensor>();
  for (const key of opened.shapes.keys()) tensors.set(key, await opened.tensor(key));
  const metadata = new Map(opened.metadata);
  await opened.close();
  change(tensors, metadata);
  const items = [...tensors].map(([key, value]) => ({ key, shape: value.shape, dtype: 'F32' as const, values: () => value }));
  await writeFileAtomic(file, safetensorsChunks(items, Object.fromEntries(metadata)));
}

it.each<[string, (tensors: Map<string, HostTensor>, metadata: Map<string, string>) => void, RegExp]>([
  ['without an optimizer tensor', (t) => t.delete('adam.mean.a'), /1 missing: 'adam\.mean\.a'/],
  ['with one too many', (t) => t.set('adam.square.c', vector(0)), /1 unknown: 'adam\.square\.c'/],
  ['with one of another shape', (t) => t.set('adam.square.b', vector(0, 0)), /'adam\.square\.b' \(expected \[1\], got \[2\]\)/],
  ['of another network', (t) => t.set('parameters.a', vector(0)), /'parameters\.a' \(expected \[2\], got \[1\]\)/],
  ['with a value that is no number', (t) => t.set('average.b', vector(NaN)), /'average\.b': 1 of its values are infinite or not a number/],
  ['with an infinite value', (t) => t.set('parameters.a', vector(1, Infinity)), /'parameters\.a': 1 of its values/],
  ['with a negative square', (t) => t.set('adam.square.b', vector(-1)), /'adam\.square\.b' is negative/],
  ['of a step after the last', (_, m) => m.set('step', '99'), /step 99 .*of a run of 4 steps/],
  ['of a step of 2^60', (_, m) => m.set('step', String(2 ** 60)), /is not a training checkpoint/],
  ['of a negative step', (_, m) => m.set('step', '-1'), /is not a training checkpoint/],
  ['whose optimizer has done more steps', (_, m) => m.set('adam_step', '3'), /step 2 \(of the optimizer 3\)/],
])('a checkpoint %s is refused, and stays', async (_name, change, message) => {
  await run(task(4), 2).catch(() => undefined);
  await rewrite((_, metadata) => metadata.set('step', '2').set('adam_step', '2'));
  await rewrite(change);
  const before = await readFile(file);
  const error: unknown = await run(task(4)).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(InfinityStarError);
  expect((error as Error).message).toMatch(message);
  expect(await readFile(file)).toEqual(before);
  expect(await readdir(folder)).not.toContain('lock');
});

it.each([[NaN], [Infinity]])('a loss of %s stops the run; the last good checkpoint is kept, and goes on', async (loss) => {
  await expect(run(task(9, (step) => (step === 5 ? loss : 1)))).rejects.toThrow(/training, step 6: expected a finite loss/);
  const kept = await readWeights(file);
  const { state } = await runTraining(task(4), { folder: join(folder, 'other'), checkpointEvery: 2 });
  expect(kept).toEqual(state.average);
  expect((await run(task(9))).finished).toBe(true);
});

it('a second trainer gets one line; the first goes on', async () => {
  let second: unknown;
  const first = { ...task(3), validate: async () => {
    second ??= await run(task(3)).catch((error: unknown) => error);
    return {};
  } };
  expect((await run(first, 1)).finished).toBe(true);
  expect(second).toBeInstanceOf(FileError);
  expect((second as Error).message).toBe(`${folder}: another training (process ${process.pid}) runs in it`);
  expect(existsSync(join(folder, 'lock'))).toBe(false);
});

it('a lock of a process that has ended is taken over, one of another machine is not', async () => {
  const { pid } = spawnSync(process.execPath, ['-e', '0']);
  const lock = join(folder, 'lock');
  for (const stale of [`${pid} 1 ${hostname()} x\n`, '', 'damaged', `${process.pid} 0 ${hostname()} an-earlier-process\n`]) {
    await writeFile(lock, stale);
    expect(await withLock(folder, async () => (await readFile(lock, 'utf8')).startsWith(`${process.pid} `))).toBe(true);
    expect(await readdir(folder)).toEqual([]);
  }
  await writeFile(lock, `${pid} 1 another-machine x\n`);
  await expect(withLock(folder, () => Promise.resolve())).rejects.toThrow('a training runs in it on another-machine');
  expect(await readdir(folder)).toEqual(['lock']);
});

it('of many that find a stale lock one takes it over', async () => {
  await writeFile(join(folder, 'lock'), `999999999 1 ${hostname()} x\n`);
  let inside = 0;
  const results = await Promise.allSettled(Array.from({ length: 20 }, () => withLock(folder, async () => {
    inside += 1;
    expect(inside).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    inside -= 1;
  })));
  const failures = results.flatMap((result) => (result.status === 'rejected' ? [String(result.reason)] : []));
  expect(failures.length).toBeGreaterThan(0);
  for (const failure of failures) expect(failure).toContain('another training');
});

it('written weights stay finite: what half precision cannot hold is kept as it is', async () => {
  const path = join(folder, 'weights.safetensors');
  await writeWeights(path, new Map([['a', vector(1, 70000)], ['b', vector(1)]]));
  expect([...(await readWeights(path)).get('a')!.data]).toEqual([1, 70000]);
  await writeWeights(path, new Map([['a', vector(1, NaN)]]));
  await expect(readWeights(path)).rejects.toThrow("'a': 1 of its values are infinite or not a number");
});
