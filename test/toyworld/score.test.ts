/** Toy-GenEval: intervals, judgements of drawn and spoilt videos, and the tasks on the model that ships. */

import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { hostTensor } from '../../src/array/host.ts';
import { makeBackend } from '../../src/backends.ts';
import { ArgumentError } from '../../src/errors.ts';
import { shippedModel } from '../../src/model/default.ts';
import { loadModel } from '../../src/model/load.ts';
import type { Model } from '../../src/model/load.ts';
import { attributesOf, captionOf, isHeldOut } from '../../src/toyworld/attributes.ts';
import type { Attributes } from '../../src/toyworld/attributes.ts';
import { toyWorld } from '../../src/toyworld/dataset.ts';
import { meanInterval, shareInterval } from '../../src/toyworld/interval.ts';
import { firstFramePsnr, goesOn, judgeAttributes, rightInEveryFrame } from '../../src/toyworld/judge.ts';
import { renderFrames, SIDE } from '../../src/toyworld/render.ts';
import type { Scene } from '../../src/toyworld/render.ts';
import { scoreToyWorld, summarize, TASK_NAMES } from '../../src/toyworld/score.ts';
import type { Outcome } from '../../src/toyworld/score.ts';

describe('intervals', () => {
  it('are Wilson\'s', () => {
    // Solutions of (p̂ − p)² = z²·p(1 − p)/n, solved by hand for 8 of 10: 0.4902, 0.9433.
    const { value, low, high } = shareInterval(8, 10);
    expect([value, low, high].map((x) => x.toFixed(4))).toEqual(['0.8000', '0.4902', '0.9433']);
  });

  it('lie in [0, 1] around the share and have a width', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 500 }), fc.nat(), (n, k) => {
      const { value, low, high } = shareInterval(k % (n + 1), n);
      expect(0 <= low && low <= value + 1e-12 && value - 1e-12 <= high && high <= 1 && low < high).toBe(true);
    }));
  });

  it('of means shrink with the root of the number', () => {
    expect(meanInterval([1, 3])).toEqual({ value: 2, low: 2 - 1.96, high: 2 + 1.96 });
    expect(meanInterval([5])).toEqual({ value: 5, low: 5, high: 5 });
  });
});

describe('judging', () => {
  const scene: Scene = { colour: 'blue', shape: 'circle', background: 'gray', radius: 9, x: 15, y: 15, motions: ['moving right'] };
  const truth: Attributes = { colour: 'blue', shape: 'circle', background: 'gray', motion: 'moving right' };

  it('checks each attribute on its own', () => {
    const frames = renderFrames(scene, 17);
    expect(judgeAttributes(frames, truth)).toEqual({ colour: true, background: true, shape: true, motion: true });
    expect(judgeAttributes(frames, { ...truth, motion: 'moving up', colour: 'red' }, ['motion', 'colour', 'shape'])).toEqual({
      motion: false, colour: false, shape: true,
    });
  });

  it('sees one wrong frame among many', () => {
    const frames = renderFrames(scene, 17); // (T, H, W, 3)
    expect(rightInEveryFrame(frames, truth)).toBe(true);
    const square = renderFrames({ ...scene, shape: 'square' }, 17);
    frames.data.set(square.data.subarray(8 * SIDE * SIDE * 3, 9 * SIDE * SIDE * 3), 8 * SIDE * SIDE * 3);
    expect(judgeAttributes(frames, truth).shape).toBe(true);
    expect(rightInEveryFrame(frames, truth)).toBe(false);
  });

  it('checks the clip after a turn on its own', () => {
    for (let i = 0; i < 30; i++) {
      const { scene: story, attributes: [first, second] } = toyWorld({ seed: 4 }).story(i);
      const frames = renderFrames(story, 33); // (T, H, W, 3)
      expect(Object.values(judgeAttributes(frames.hi(17), first))).toEqual([true, true, true, true]);
      expect(Object.values(judgeAttributes(frames.lo(17), second))).toEqual([true, true, true, true]);
    }
  });

  it('compares first frames', () => {
    const frames = renderFrames(scene, 3);
    expect(firstFramePsnr(frames, renderFrames(scene, 1))).toBe(Infinity);
    expect(firstFramePsnr(frames, renderFrames({ ...scene, x: 40 }, 1))).toBeLessThan(25);
  });

  it('finds no jump in drawn videos and stories', () => {
    const world = toyWorld({ seed: 3 });
    for (let i = 0; i < 60; i++) {
      for (const drawn of [world.sample(i), world.story(i)]) expect(goesOn(renderFrames(drawn.scene, 33), 17)).toBe(true);
    }
  });

  it.each([
    ['a place', { x: 18 }],
    ['a place across', { y: 11 }],
    ['a colour', { colour: 'cyan' }],
    ['a shape', { shape: 'square', radius: 12 }],
    ['a background', { background: 'black' }],
  ] as const)('finds a jump of %s', (_, change) => {
    const frames = renderFrames(scene, 33); // (T, H, W, 3)
    const other = renderFrames({ ...scene, ...change }, 33);
    frames.data.set(other.data.subarray(17 * SIDE * SIDE * 3), 17 * SIDE * SIDE * 3);
    expect(goesOn(frames, 17)).toBe(false);
    expect(goesOn(other, 17)).toBe(true);
  });

  it('refuses a border outside', () => {
    const frames = hostTensor(new Uint8Array(3 * 12), [3, 2, 2, 3]);
    for (const border of [0, 3, 1.5]) expect(() => goesOn(frames, border)).toThrow(ArgumentError);
  });
});

describe('scores', () => {
  it('count what is right by task and check', () => {
    const { scores, psnr } = summarize([
      { task: 'a', checks: { colour: true, shape: false } },
      { task: 'b', checks: { shape: true }, psnr: 20 },
      { task: 'a', checks: { colour: true, shape: true } },
    ]);
    expect(scores.map(({ task, check, right, of }) => [task, check, right, of])).toEqual([
      ['a', 'colour', 2, 2], ['a', 'shape', 1, 2], ['b', 'shape', 1, 1],
    ]);
    expect(psnr).toEqual([{ task: 'b', of: 1, value: 20, low: 20, high: 20, median: 20 }]);
  });

  describe('of the model that ships', () => {
    const outcomes: Outcome[] = [];
    let model: Model;
    beforeAll(async () => {
      model = await loadModel(shippedModel('toy'), await makeBackend());
      for await (const outcome of scoreToyWorld(model, { prompts: 1, tasks: TASK_NAMES, seed: 1 })) outcomes.push(outcome);
    }, 120_000);

    it('come from unseen captions', () => {
      expect(outcomes.map(({ task }) => task)).toEqual(['drawn', ...TASK_NAMES]);
      for (const { prompt } of outcomes) {
        const attributes = attributesOf(prompt) as Attributes;
        expect(captionOf(attributes)).toBe(prompt);
        expect(isHeldOut(attributes)).toBe(true);
      }
      expect(Object.values(outcomes[0].checks)).toEqual([true, true, true, true, true]);
    });

    it('check what each task is about', () => {
      const video = ['colour', 'background', 'shape', 'motion', 'every frame'];
      const form = outcomes.map(({ task, frames, checks }) => [task, [frames.shape[0], Object.keys(checks)]] as const);
      expect(Object.fromEntries(form)).toEqual({
        drawn: [17, video],
        image: [1, ['colour', 'background', 'shape']],
        video: [17, video],
        'from-image': [17, ['first frame', ...video]],
        continue: [33, ['no jump', ...video]],
        interact: [33, ['no jump', ...video]],
        tokenizer: [17, video],
      });
      expect(outcomes.filter(({ psnr }) => psnr !== undefined).map(({ task }) => task)).toEqual(['from-image', 'tokenizer']);
    });

    it('need a model of such videos', async () => {
      const wide = { ...model, config: { ...model.config, schedule: { ...model.config.schedule, fps: 16 } } };
      await expect(scoreToyWorld(wide, { prompts: 1, tasks: [] }).next()).rejects.toThrow(/model: expected one whose clips/);
    });
  });
});
