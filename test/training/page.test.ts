/** A run's page: complete in itself, with curves, stages and pictures, and written anew at every checkpoint. */

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostTensor, rowMajor } from '../../src/array/host.ts';
import { lineChart } from '../../src/io/line-chart.ts';
import { decodePng } from '../../src/io/png.ts';
import { runTraining } from '../../src/training/run/loop.ts';
import type { TrainingTask } from '../../src/training/run/loop.ts';
import { runPage } from '../../src/training/run/page.ts';
import { readTransformerRecipe } from '../../src/training/run/read-recipe.ts';
import { beforeAndAfter } from '../../src/training/run/samples.ts';

const TOY_TRANSFORMER = await readTransformerRecipe('toy-transformer');

const polylines = (markup: string): number[][][] => {
  return [...markup.matchAll(/<polyline [^>]*points="([^"]*)"/g)].map(([, points]) => {
    return points.split(' ').map((point) => point.split(',').map(Number));
  });
};

describe('a line chart', () => {
  it('puts the smallest and the largest value at the ends of its axes', () => {
    const [[first, middle, last]] = polylines(lineChart({
      title: 't', xLabel: 'x', logarithmic: true, series: [{ name: 's', points: [[0, 100], [5, 10], [10, 1]] }],
    }));
    expect(middle).toEqual([(first[0] + last[0]) / 2, (first[1] + last[1]) / 2]); // 10 lies halfway between 1 and 100
    expect(first[1]).toBeLessThan(last[1]); // y grows downwards
  });

  it('leaves out what has no place, and escapes names', () => {
    const chart = lineChart({
      title: '<b>&', xLabel: '"', logarithmic: true,
      series: [{ name: 's', points: [[0, 1], [1, NaN], [2, -3], [3, 0], [4, 2]] }, { name: 'none', points: [[0, 0]] }],
    });
    expect(polylines(chart).map(({ length }) => length)).toEqual([2]);
    expect(chart).toContain('&lt;b&gt;&amp;');
    expect(chart).not.toContain('<b>');
    expect(chart).not.toContain('NaN');
  });

  it.each([[[]], [[[3, 7]]], [[[0, 5], [1, 5]]]] as const)('takes the points %j', (points) => {
    const chart = lineChart({ title: 't', xLabel: 'x', series: [{ name: 's', points }], borders: [{ at: 0, name: 'a' }] });
    expect(chart).not.toMatch(/NaN|Infinity/);
  });
});

describe('a page', () => {
  const video = hostTensor(Float32Array.from({ length: 3 * 2 * 4 * 4 }, (_, i) => (i % 9) / 9), [1, 3, 2, 4, 4]);
  const samples = beforeAndAfter(video, hostTensor(new Float32Array(video.data.length), video.shape));
  const page = runPage({
    title: 'a <run>', steps: 2000, stages: [{ name: 'A & a', steps: 400 }, { name: 'B', steps: 1600 }],
    lines: Array.from({ length: 900 }, (_, step) => ({
      step, loss: step === 5 ? null : 1 / (step + 1), acc_1: 0.5, acc_2: 0.6, rate: 1e-3, seconds: 0.1,
      ...(step % 100 === 99 ? { held_out_loss: 0.5 } : {}),
    })),
    samples,
  });

  it('refers to nothing outside itself', () => {
    const outside = page.replaceAll('http://www.w3.org/2000/svg', '').match(/https?:|<script|<link|@import|url\(/g);
    expect(outside).toBeNull();
    expect([...page.matchAll(/(?:src|href)="([^"]{11})/g)].map(([, start]) => start)).toEqual(['data:image/']);
  });

  it('shows loss, shares of bits, rate, stages and pictures', () => {
    expect(page).toContain('<h1>a &lt;run&gt;</h1>');
    expect(page).toContain('900 of 2000 steps, 1.5 minutes');
    const curves = polylines(page);
    expect(curves).toHaveLength(6); // loss twice, two scales, rate, seconds
    expect(Math.max(...curves.map(({ length }) => length))).toBeLessThanOrEqual(300);
    expect(page.match(/>A &amp; a</g)).toHaveLength(4); // in each chart
    const [, png] = /base64,([^"]*)"/.exec(page)!;
    expect(samples[0].picture.shape).toEqual([14, 14, 3]); // two frames and below them two, each with a border
    expect(rowMajor(decodePng(Buffer.from(png, 'base64'), 'sample'))).toEqual(rowMajor(samples[0].picture));
  });

  it('has nothing but its title before the first step', () => {
    expect(runPage({ title: 't', steps: 3, stages: [], lines: [], samples: [] })).toContain('0 of 3 steps');
  });
});

describe('a run', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'run-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('writes its page at every checkpoint', async () => {
    const seen: string[] = [];
    const shown: number[] = [];
    const task: TrainingTask = {
      steps: 5,
      stages: [{ name: 'only', steps: 5 }],
      settings: '',
      initial: () => new Map([['w', hostTensor(Float32Array.of(1), [1])]]),
      plan: () => ({ rate: 0.1, restart: false, adamw: TOY_TRANSFORMER.adamw, decay: 0.9 }),
      async gradients(step) {
        if (step > 2) seen.push(await readFile(join(folder, 'log.html'), 'utf8'));
        return { gradients: new Map([['w', hostTensor(Float32Array.of(1), [1])]]), metrics: { loss: 1 + step } };
      },
      validate: async () => ({}),
      async samples(step) {
        shown.push(step);
        return [];
      },
    };
    await runTraining(task, { folder, checkpointEvery: 2 });
    expect(seen.map((page) => /\d+ of 5 steps/.exec(page)?.[0])).toEqual(['2 of 5 steps', '4 of 5 steps']);
    expect(await readFile(join(folder, 'log.html'), 'utf8')).toContain('5 of 5 steps');
    expect(shown).toEqual([1, 3, 4]);
  });
});
