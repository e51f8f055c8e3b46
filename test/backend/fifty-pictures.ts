/** Fifty pictures in one process: the device holds as much afterwards as after the first ones, and so does the process. */

import { rm } from 'node:fs/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'vitest';
import type { Backend } from '../../src/backend/backend.ts';
import { loadModel } from '../../src/model/load.ts';
import { generateVideo } from '../../src/pipeline/generate.ts';
import { writeTinyModel } from '../model/tiny.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** @param held figures of what the device holds and has compiled, none of which may grow. */
export async function expectNoGrowth<B extends Backend>(b: B, held: (b: B) => Readonly<Record<string, number>>): Promise<void> {
  const directory = await writeTinyModel();
  const model = await loadModel(directory, b);
  const after: { held: Readonly<Record<string, number>>; resident: number }[] = [];
  for (let seed = 0; seed < 50; seed++) {
    await generateVideo(model, { prompt: 'a red circle moving right on a white background', frames: 1, seed });
    collectGarbage();
    after.push({ held: held(b), resident: process.memoryUsage.rss() });
  }
  await b.close();
  await rm(directory, { recursive: true });
  const [early, late] = [after.slice(5, 15), after.slice(-10)];
  for (const name of Object.keys(after[0].held)) {
    const most = (runs: typeof after): number => Math.max(...runs.map((run) => run.held[name]));
    expect(most(late), name).toBe(most(early));
  }
  // What allocators and drivers keep comes and goes, by tens of megabytes: a leak would be in every run.
  const least = (runs: typeof after): number => Math.min(...runs.map(({ resident }) => resident));
  expect(least(late)).toBeLessThan(least(early) + 48 * 2 ** 20);
}
