/** Fifty pictures in one process: the device holds as much afterwards as after the first ones, and so does the process. */

import { rm } from 'node:fs/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { chooseMode } from '../../backends/gpujs/choose.ts';
import { gpujsBackend } from '../../backends/gpujs/index.ts';
import { loadModel } from '../../src/model/load.ts';
import { generateVideo } from '../../src/pipeline/generate.ts';
import { writeTinyModel } from '../model/tiny.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const modes = [...new Set([(await chooseMode('auto')).mode, 'webasm' as const, 'cpu' as const])];

it.each(modes)('fifty pictures by %s take no more memory than ten', async (mode) => {
  const directory = await writeTinyModel();
  const b = await gpujsBackend({ gpu: mode });
  const model = await loadModel(directory, b);
  const after: { arrays: number; bytes: number; compilations: number; resident: number }[] = [];
  for (let seed = 0; seed < 50; seed++) {
    await generateVideo(model, { prompt: 'a red circle moving right on a white background', frames: 1, seed });
    const { arrays, bytes, compilations } = b.counts;
    collectGarbage();
    after.push({ arrays, bytes, compilations, resident: process.memoryUsage.rss() });
  }
  await b.close();
  await rm(directory, { recursive: true });
  const early = after.slice(5, 15);
  const late = after.slice(-10);
  type Figure = keyof (typeof after)[number];
  const most = (runs: typeof after, what: Figure): number => Math.max(...runs.map((run) => run[what]));
  const least = (runs: typeof after, what: Figure): number => Math.min(...runs.map((run) => run[what]));
  expect(most(late, 'arrays')).toBe(most(early, 'arrays'));
  expect(most(late, 'bytes')).toBe(most(early, 'bytes'));
  expect(most(late, 'compilations')).toBe(after[0].compilations);
  // What allocators and drivers keep comes and goes, by tens of megabytes: a leak would be in every run.
  expect(least(late, 'resident')).toBeLessThan(least(early, 'resident') + 48 * 2 ** 20);
}, 420_000);
