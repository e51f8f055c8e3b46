import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ArgumentError } from '../../src/errors.ts';
import { clipContexts, RELEASED_CONTEXT } from '../../src/pyramid/clips.ts';
import { firstFullSizeIndex, fullSizeIndices } from '../../src/pyramid/full-size.ts';
import { nearestRatio } from '../../src/pyramid/ratio.ts';
import { expandSteps } from '../../src/pyramid/repetition.ts';
import type { Step } from '../../src/pyramid/repetition.ts';
import { roundHalfEven } from '../../src/pyramid/rounding.ts';
import { baseScales, BUDGETS, RATIO_TABLE, scalesFrom } from '../../src/pyramid/scales.ts';
import type { Size } from '../../src/pyramid/scales.ts';
import {
  framesOfLatents, latentsOfFrames, makeSchedule, releasedSchedule, scheduleFrom,
} from '../../src/pyramid/schedule.ts';
import type { Schedule } from '../../src/pyramid/schedule.ts';

/** Growing sizes of a small pyramid, a clip length and a total length. */
const schedules = fc
  .tuple(
    fc.array(fc.tuple(fc.nat(3), fc.nat(3)), { minLength: 1, maxLength: 6 }),
    fc.integer({ min: 1, max: 20 }),
    fc.integer({ min: 1, max: 70 }),
  )
  .map(([growth, clip, latents]) => {
    let h = 1;
    let w = 1;
    const sizes = growth.map(([dh, dw]): Size => [(h += dh + 1), (w += dw)]);
    return { schedule: makeSchedule(sizes, clip, latents), clip, latents };
  });

const released = fc
  .tuple(fc.constantFrom(...RATIO_TABLE.map((row) => row.ratio)), fc.constantFrom(...Object.keys(BUDGETS)), fc.nat(20))
  .map(([ratio, budget, seconds]) => {
    const latents = 1 + 4 * seconds;
    return { schedule: releasedSchedule(ratio, budget, latents), clip: 20, latents };
  });

const any = fc.oneof(schedules, released);

/** Scales of each clip, in order. */
function clipsOf({ scales, scalesPerClip }: Schedule) {
  const starts = [...scales.keys()].filter((si) => si % scalesPerClip === 0);
  return starts.map((start) => scales.slice(start, start + scalesPerClip));
}

describe('rounding', () => {
  it('sends ties to the even integer', () => {
    const ties = [0.5, 1.5, 2.5, -1.5, 28.5];
    expect(ties.map(roundHalfEven)).toEqual([0, 2, 2, -2, 28]);
    expect(roundHalfEven(0.49999999999999994)).toBe(0);
  });

  it('is the nearest integer', () => {
    fc.assert(fc.property(fc.double({ min: -1e6, max: 1e6, noNaN: true }), (x) => {
      expect(Math.abs(roundHalfEven(x) - x)).toBeLessThanOrEqual(0.5);
    }));
  });
});

describe('nearest ratio', () => {
  it('takes the first of equally near rows in table order', () => {
    const halfWay = [0.9305, 0.6165, 0.528, 1.633, 2.7355]; // exactly, in doubles
    expect(halfWay.map(nearestRatio)).toEqual([1, 0.671, 0.562, 1.489, 2.5]);
    expect(nearestRatio(0.571)).toBe(0.562);
  });

  it('never has a nearer row', () => {
    fc.assert(fc.property(fc.double({ min: 0.01, max: 20, noNaN: true }), (ratio) => {
      const distances = RATIO_TABLE.map((row) => Math.abs(row.ratio - ratio));
      expect(Math.abs(nearestRatio(ratio) - ratio)).toBe(Math.min(...distances));
    }));
  });

  it.each([0, -1, NaN, Infinity])('refuses %s', (ratio) => {
    expect(() => nearestRatio(ratio)).toThrow(/ratio: expected a positive number/);
  });
});

describe('schedules', () => {
  it('grow in h and w within a clip, and every clip has the same sizes at one length', () => {
    fc.assert(fc.property(any, ({ schedule }) => {
      const clips = clipsOf(schedule);
      for (const clip of clips) {
        clip.forEach(([t, h, w], i) => {
          expect([t, h, w]).toEqual([clip[0][0], ...clips[0][i].slice(1)]);
          if (i > 0) expect(h >= clip[i - 1][1] && w >= clip[i - 1][2]).toBe(true);
        });
      }
    }));
  });

  it('hold the image, then whole clips, and a shorter one only at the end', () => {
    fc.assert(fc.property(any, ({ schedule, clip, latents }) => {
      const lengths = clipsOf(schedule).map((scales) => scales[0][0]);
      expect(lengths[0]).toBe(1);
      expect(lengths.slice(1, -1).every((length) => length === clip)).toBe(true);
      expect(lengths.at(-1)).toBeLessThanOrEqual(clip);
      expect(lengths.reduce((a, b) => a + b)).toBe(latents);
    }));
  });

  it('survive being stored as a plain list', () => {
    fc.assert(fc.property(any, ({ schedule }) => {
      const stored: unknown = JSON.parse(JSON.stringify(schedule.scales));
      expect(scheduleFrom(scalesFrom(stored, 'schedule'))).toEqual(schedule);
    }));
  });

  it('end each clip at full size', () => {
    fc.assert(fc.property(any, ({ schedule }) => {
      const ends = clipsOf(schedule).map((_, c) => (c + 1) * schedule.scalesPerClip - 1);
      expect(fullSizeIndices(schedule.scales)).toEqual(ends);
      expect(firstFullSizeIndex(schedule.scales)).toBe(ends[0]);
    }));
  });

  it('express a small model with clips of 4', () => {
    const { scales } = makeSchedule([[1, 1], [2, 3]], 4, 7);
    expect(scales).toEqual([[1, 1, 1], [1, 2, 3], [4, 1, 1], [4, 2, 3], [2, 1, 1], [2, 2, 3]]);
  });

  it('are one pyramid of constant time in the paper\'s ablation', () => {
    expect(makeSchedule([[1, 1], [2, 3]], 4, 5, 5).scales).toEqual([[5, 1, 1], [5, 2, 3]]);
    expect(makeSchedule([[1, 1], [2, 3]], 4, 1, 5).scales).toEqual([[1, 1, 1], [1, 2, 3]]); // a picture stays one
    expect(() => makeSchedule([[1, 1]], 4, 5, 0)).toThrow(ArgumentError);
  });

  it('refuse an unknown budget, ratio or length, and say what is permitted', () => {
    expect(() => baseScales(1, '1M')).toThrow(/budget: expected one of 0.06M, 0.25M, 0.40M, 0.90M, got '1M'/);
    expect(() => baseScales(1, 'toString')).toThrow(/budget/);
    expect(() => baseScales(0.571, '0.40M')).toThrow(/ratio: expected one of 1, 0.861, .*, got 0.571/);
    expect(() => releasedSchedule(1, '0.40M', 7)).toThrow(/latents: .*nearest: 5 and 9\), got 7/);
  });

  it('refuse lists that are not whole clips of one length over the same sizes', () => {
    expect(() => scheduleFrom([])).toThrow('scales: expected at least one scale');
    expect(() => scheduleFrom([[1, 1, 1], [1, 2, 2], [2, 1, 1]], 2)).toThrow('scales.length: expected a multiple of 2');
    expect(() => scheduleFrom([[1, 1, 1], [2, 2, 2]])).toThrow('scales[1]: expected [1, 2, 2] as its clip has');
    const uneven = [[1, 1, 1], [1, 2, 2], [2, 1, 1], [2, 2, 3]] as const;
    expect(() => scheduleFrom(uneven, 2)).toThrow('scales[3]: expected [2, 2, 2] as its clip has, got [2, 2, 3]');
  });

  it('refuse to read anything but triples of positive integers', () => {
    for (const value of [null, {}, [], [[1, 1]], [[1, 0, 1]], [[1, 1.5, 1]], [[1, '2', 1]], [5], [null]]) {
      expect(() => scalesFrom(value, 'config.schedule')).toThrow(/config.schedule: expected a list of \[t, h, w\]/);
    }
  });
});

describe('lengths', () => {
  it('count 4 frames for every latent frame after the first', () => {
    expect([1, 17, 81, 161].map((frames) => latentsOfFrames(frames))).toEqual([1, 5, 21, 41]);
    fc.assert(fc.property(fc.nat(1000), (n) => {
      expect(latentsOfFrames(framesOfLatents(n + 1), 1)).toBe(n + 1);
    }));
  });

  it('name the permitted lengths for others', () => {
    expect(() => latentsOfFrames(18)).toThrow(
      'frames: expected 1 (an image) or 1 plus a multiple of 16: 1, 17, 33, 49, … (nearest: 17 and 33), got 18',
    );
    expect(() => latentsOfFrames(18, 1)).toThrow(/multiple of 4: 1, 5, 9, 13, … \(nearest: 17 and 21\)/);
    expect(() => latentsOfFrames(66, 4, 65)).toThrow(/1, 17, 33, 49, 65 \(nearest: 65\), got 66/);
    expect(() => latentsOfFrames(500, 4, 100)).toThrow(/1, 17, 33, 49, … 97 \(nearest: 97\)/);
    expect(() => latentsOfFrames(18, 4, 32)).toThrow(/: 1, 17 \(nearest: 17\)/);
    expect(() => latentsOfFrames(0)).toThrow(/frames: expected a positive integer/);
  });
});

describe('clips', () => {
  const contexts = fc.record({
    context_from_largest_no: fc.nat(8),
    context_interval: fc.nat(3),
    context_frames: fc.nat(100),
    frames_inner_clip: fc.integer({ min: 1, max: 20 }),
    context_clips: fc.nat(4),
  });

  it('cover all latent frames exactly once and in order', () => {
    fc.assert(fc.property(any, ({ schedule, latents }) => {
      const infos = clipContexts(schedule);
      const clips = schedule.scales.map((_, si) => Math.floor(si / schedule.scalesPerClip));
      expect(infos.map((info) => info.clip)).toEqual(clips);
      let covered = 0;
      infos.forEach(({ start, end }, si) => {
        if (si % schedule.scalesPerClip === 0) {
          expect(start).toBe(covered);
          covered = end;
        }
        expect([start, end]).toEqual([covered - schedule.scales[si][0], covered]);
      });
      expect(covered).toBe(latents);
    }));
  });

  it('refer to earlier scales only, without repeats', () => {
    fc.assert(fc.property(any, contexts, ({ schedule }, context) => {
      clipContexts(schedule, context).forEach(({ references }, si) => {
        expect(references.every((ref) => Number.isInteger(ref) && ref >= 0 && ref < si)).toBe(true);
        expect(new Set(references).size).toBe(references.length);
      });
    }));
  });

  it('refer to exactly the largest scale of the preceding clip in the released setting', () => {
    fc.assert(fc.property(any, ({ schedule }) => {
      clipContexts(schedule).forEach(({ clip, references }) => {
        expect(references).toEqual(clip === 0 ? [] : [clip * schedule.scalesPerClip - 1]);
      });
    }));
  });

  const long = makeSchedule([[1, 1], [2, 2], [3, 3], [4, 4], [5, 5], [6, 6]], 20, 61);
  const last = (change: object) => clipContexts(long, { ...RELEASED_CONTEXT, ...change }).at(-1)!.references;

  it('can refer to smaller scales, to more clips, to nothing, to everything', () => {
    expect(last({ context_from_largest_no: 3 })).toEqual([15]);
    expect(last({ context_from_largest_no: 99 })).toEqual([12]);
    expect(last({ context_clips: 3 })).toEqual([17, 9, 1]);
    expect(last({ context_clips: 3, context_frames: 40 })).toEqual([17, 9]);
    expect(last({ context_frames: 19 })).toEqual([]);
    expect(last({ context_from_largest_no: 0 })).toEqual([...Array(23).keys()]);
  });

  it('refuse values that are no counts', () => {
    expect(() => last({ frames_inner_clip: 0 })).toThrow(/frames_inner_clip: expected an integer of at least 1, got 0/);
    expect(() => last({ context_from_largest_no: 1.5 })).toThrow(/context_from_largest_no/);
  });
});

describe('repetition', () => {
  const counts = (n: number) => fc.array(fc.integer({ min: 1, max: 4 }), { minLength: n, maxLength: n });
  const repeated = any.chain(({ schedule }) => fc.record({
    schedule: fc.constant(schedule),
    image_scale_repetition: counts(schedule.scalesPerClip),
    video_scale_repetition: counts(schedule.scalesPerClip),
    max_repeat_times: fc.integer({ min: 1, max: 5 }),
  }));

  it('numbers steps strictly upwards; the number of a scale does not depend on the cap', () => {
    fc.assert(fc.property(repeated, ({ schedule, max_repeat_times, ...counts }) => {
      const all = expandSteps(schedule, counts);
      expect(all.map((step) => step.realSi)).toEqual([...all.keys()]);
      const capped = expandSteps(schedule, { ...counts, max_repeat_times });
      const numbers = (steps: Step[]) => steps.map(({ si, repeat, realSi }) => [si, repeat, realSi]);
      expect(numbers(capped)).toEqual(numbers(all.filter((step) => step.repeat < max_repeat_times)));
    }));
  });

  it('marks one last step per scale, the one before the next scale', () => {
    fc.assert(fc.property(repeated, ({ schedule, ...repetition }) => {
      const steps = expandSteps(schedule, repetition);
      expect(steps.filter((step) => step.last).map((step) => step.si)).toEqual([...schedule.scales.keys()]);
      steps.forEach((step, k) => { expect(step.last).toBe(steps[k + 1]?.si !== step.si); });
    }));
  });

  it('takes image counts for the first clip and video counts for all others', () => {
    const steps = expandSteps(makeSchedule([[1, 1], [2, 2]], 4, 6), {
      image_scale_repetition: [3, 1], video_scale_repetition: [2, 1], max_repeat_times: 2,
    });
    expect(steps.map(({ si, repeat, realSi }) => [si, repeat, realSi])).toEqual([
      [0, 0, 0], [0, 1, 1], [1, 0, 3], [2, 0, 4], [2, 1, 5], [3, 0, 6], [4, 0, 7], [4, 1, 8], [5, 0, 9],
    ]);
  });

  it('refuses lists of the wrong length', () => {
    const schedule = makeSchedule([[1, 1], [2, 2]], 4, 5);
    const expand = (image: number[], video: number[]) =>
      expandSteps(schedule, { image_scale_repetition: image, video_scale_repetition: video });
    expect(() => expand([1, 1], [1])).toThrow(/video_scale_repetition: expected 2 integers from 1 to/);
    expect(() => expand([1, 0], [1, 1])).toThrow(/image_scale_repetition: expected 2 integers from 1 to/);
  });
});
