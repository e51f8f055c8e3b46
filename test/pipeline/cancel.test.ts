/** A signal ends every run within a tenth of a second; the event loop lives meanwhile; `generate` leaves nothing behind. */

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeBackend } from '../../src/backends.ts';
import type { Backend } from '../../src/backend/backend.ts';
import { generate } from '../../src/generate.ts';
import type { Video } from '../../src/io/picture.ts';
import { shippedModel } from '../../src/model/default.ts';
import { loadModel } from '../../src/model/load.ts';
import type { Model } from '../../src/model/load.ts';
import { generateVideo } from '../../src/pipeline/generate.ts';
import { interactVideo } from '../../src/pipeline/interact.ts';
import { reconstructVideo } from '../../src/pipeline/reconstruct.ts';

const prompt = 'a red circle moving right on a white background';

let backend: Backend;
let model: Model;
let stories: Model;
let video: Video;
beforeAll(async () => {
  backend = await makeBackend('wasm');
  model = await loadModel(shippedModel('toy'), backend);
  stories = await loadModel(shippedModel('toy-interact'), backend);
  video = await generateVideo(model, { prompt });
}, 60_000);
afterAll(() => backend.close());

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

const RUNS: Readonly<Record<string, (signal: AbortSignal) => Promise<unknown>>> = {
  generate: (signal) => generate({ prompt, frames: 65, signal }),
  generateVideo: (signal) => generateVideo(model, { prompt, frames: 65, signal }),
  interactVideo: (signal) => all(interactVideo(stories, { prompts: Array<string>(9).fill(prompt), signal })),
  async reconstructVideo(signal) {
    await all(reconstructVideo(model, { video, scales: Array<number>(20).fill(8), signal }));
  },
};

describe.each(Object.entries(RUNS))('%s', (_, run) => {
  it('ends at once under a signal that has been given', async () => {
    const reason = new Error('before');
    await expect(run(AbortSignal.abort(reason))).rejects.toBe(reason);
  });

  it('ends within 100 ms, with the reason', async () => {
    const delays: number[] = [];
    for (const after of [40, 90, 170]) {
      const controller = new AbortController();
      const reason = new Error('enough');
      let given = 0;
      setTimeout(() => {
        given = performance.now();
        controller.abort(reason);
      }, after);
      await expect(run(controller.signal)).rejects.toBe(reason);
      delays.push(performance.now() - given);
    }
    // The quickest: other tests run beside this one.
    expect(Math.min(...delays)).toBeLessThan(100);
  });
});

it('lets timers tick during a generation', async () => {
  let ticks = 0;
  const timer = setInterval(() => ticks++, 5);
  const started = performance.now();
  await generateVideo(model, { prompt, frames: 65 });
  clearInterval(timer);
  expect(ticks).toBeGreaterThan((performance.now() - started) / 100);
});

it('gives the backend back its memory when it ends a run', async () => {
  const b = await makeBackend('wasm', { threads: 1 });
  const loaded = await loadModel(shippedModel('toy'), b);
  const used = (): number => (b as Backend & { readonly memory: { readonly used: number } }).memory.used;
  const before = used();
  const controller = new AbortController();
  const run = generateVideo(loaded, { prompt, frames: 65, signal: controller.signal, onStep: ({ index }) => {
    if (index === 9) controller.abort();
  } });
  await expect(run).rejects.toThrow(/aborted/);
  expect(used() - before).toBeLessThan(before / 2); // weights may be kept in a second form
  await b.close();
});

it('leaves no thread, no descriptor and no memory of a call behind', async () => {
  const program = `
    import { readdirSync } from 'node:fs';
    import { generate } from './src/generate.ts';
    const list = (folder) => readdirSync('/proc/self/' + folder).length;
    for (let seed = 0; seed < 15; seed++) {
      await generate({ prompt: '${prompt}', frames: 1, seed });
      if (seed === 4 || seed === 14) console.log(list('task'), list('fd'), Math.round(process.memoryUsage().rss / 2 ** 20));
    }`;
  if (process.platform !== 'linux') return;
  const args = ['--import', 'tsx', '--input-type=module', '-e', program];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: join(import.meta.dirname, '../..') });
  const [early, late] = stdout.trim().split('\n').map((line) => line.split(' ').map(Number));
  expect(late.slice(0, 2)).toEqual(early.slice(0, 2));
  expect(late[2] - early[2]).toBeLessThan(100); // it was 23 MB a call
});
