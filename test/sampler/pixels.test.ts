/** Pictures and videos as conditions, interactive clips, and frames: with the small models of the golden cases. */

import { beforeAll, describe, expect, it } from 'vitest';
import { referenceBackend } from '../../reference/backend.ts';
import { rowMajor } from '../../src/array/host.ts';
import type { HostTensor } from '../../src/array/host.ts';
import type { Tensor } from '../../src/backend/backend.ts';
import { ArgumentError, ShapeError } from '../../src/errors.ts';
import { loadCase } from '../../src/conform/load.ts';
import { sampleModels, sampleRequest } from '../../src/conform/sample-case.ts';
import type { SampleModels } from '../../src/conform/sample-case.ts';
import { makeSchedule } from '../../src/pyramid/schedule.ts';
import type { Schedule } from '../../src/pyramid/schedule.ts';
import { encodeCondition } from '../../src/sampler/condition.ts';
import { collectFrames, decodeFrames, toBytes } from '../../src/sampler/frames.ts';
import { decodeNextClip, formerClipConditions, sampleNextClip } from '../../src/sampler/interact.ts';
import type { FormerClip } from '../../src/sampler/interact.ts';
import type { SampleRequest } from '../../src/sampler/request.ts';
import { sampleCodes } from '../../src/sampler/sample.ts';
import type { StepReport } from '../../src/sampler/sample.ts';
import { seededUniforms } from '../../src/sampler/uniforms.ts';
import { decodeVideo } from '../../src/tokenizer/decode.ts';
import { randomTensor } from '../transformer/random-model.ts';

const b = referenceBackend();
const c = loadCase('fixtures/golden/sampler/i2v-from-pixels');
const repetition = { image_scale_repetition: [1, 2], video_scale_repetition: [2, 1] };
let models: SampleModels;

beforeAll(async () => {
  models = await sampleModels(c, b);
});

function requestFor(schedule: Schedule, settings: Partial<SampleRequest> = {}): SampleRequest {
  const count = schedule.scales.length;
  const everyScale = (value: number): number[] => Array<number>(count).fill(value);
  const common = { schedule, repetition, cfg: everyScale(3), tau: everyScale(0.6), semanticScales: 1 };
  return { ...sampleRequest(c), ...common, ...settings };
}

const pixels = (frames: number): HostTensor => randomTensor([1, 3, frames, 32, 32], 9);
const plan = (clipLatents: number, latents: number): Schedule => makeSchedule([[1, 1], [2, 2]], clipLatents, latents);

describe('a condition in pixels', () => {
  const once = { ...repetition, max_repeat_times: 1 };
  const condition = (frames: number, schedule: Schedule) => {
    return encodeCondition(b, models.tokenizer, models.quantizer, schedule, once, pixels(frames));
  };

  it('gives the bits of the image pyramid for a picture, of whole clips for a video', async () => {
    const schedule = plan(1, 3);
    const picture = await condition(1, schedule);
    expect(picture.forced.scales).toBe(2);
    expect(picture.forced.bits.map((bits) => bits.shape)).toEqual([
      [1, 1, 1, 1, 16], [1, 1, 2, 2, 64], [1, 1, 2, 2, 64],
    ]);
    const video = await condition(5, schedule);
    expect(video.forced.scales).toBe(4);
    expect(video.forced.bits).toHaveLength(6);
    expect(video.features.shape).toEqual([1, 64, 2, 2, 2]);
  });

  it('is found by real scale index when sampling executes fewer repetitions', async () => {
    const schedule = plan(1, 2);
    const { forced } = await condition(1, schedule);
    const reports: StepReport[] = [];
    const request = requestFor(schedule, { forced, repetition: once });
    await sampleCodes(b, models.transformer, models.quantizer, request, seededUniforms(1), (report) => {
      reports.push(report);
    });
    expect(reports.map(({ realSi }) => realSi)).toEqual([0, 1, 3, 5]);
    expect(reports[1].bits).toBe(forced.bits[1]);
  });

  it('must end where a clip ends', async () => {
    await expect(condition(5, plan(2, 3))).rejects.toThrow(ArgumentError);
    await expect(condition(5, plan(2, 3))).rejects.toThrow(/1 or 3 latent frames.*2/);
    await expect(condition(1, makeSchedule([[1, 1], [2, 3]], 1, 2))).rejects.toThrow(ShapeError);
  });
});

describe('frames of codes', () => {
  it('come in chunks that join to the whole video, from any frame on', async () => {
    const codes = b.upload(randomTensor([1, 64, 5, 1, 1], 3));
    const whole = toBytes(await decodeVideo(b, models.tokenizer, codes));
    const chunks = decodeFrames(b, models.tokenizer, codes);
    const sizes: number[] = [];
    const joined = await collectFrames((async function* () {
      for await (const chunk of chunks) {
        sizes.push(chunk.shape[1]);
        yield chunk;
      }
    })());
    expect(sizes).toEqual([9, 8]);
    expect(joined.shape).toEqual([1, 17, 16, 16, 3]);
    expect(rowMajor(joined)).toEqual(rowMajor(whole));
    for (const from of [1, 9, 13]) {
      const tail = await collectFrames(decodeFrames(b, models.tokenizer, codes, { from }));
      expect(tail.shape[1]).toBe(17 - from);
      expect(rowMajor(tail)).toEqual(rowMajor(whole).slice(from * 16 * 16 * 3));
    }
  });

  it('of several samples join to each one\'s', async () => {
    const codes = b.upload(randomTensor([2, 64, 5, 1, 1], 4));
    const both = await collectFrames(decodeFrames(b, models.tokenizer, codes));
    const second = await collectFrames(decodeFrames(b, models.tokenizer, b.slice(codes, 0, 1, 2)));
    expect(both.shape).toEqual([2, 17, 16, 16, 3]);
    expect(rowMajor(both).subarray(second.size)).toEqual(rowMajor(second));
  });

  it('work for two latent frames and for a picture, where the official code fails', async () => {
    for (const [latents, frames] of [[1, 1], [2, 5]] as const) {
      const codes = b.upload(randomTensor([1, 64, latents, 1, 1], 3));
      expect((await collectFrames(decodeFrames(b, models.tokenizer, codes))).shape).toEqual([1, frames, 16, 16, 3]);
    }
  });
});

describe('a story', () => {
  const settings = { semanticScale: 0, detailFrames: [0, 1] };
  const schedule: Schedule = { scales: [[2, 1, 1], [2, 2, 2]], scalesPerClip: 2 };

  const opening = (features: Tensor): FormerClip => ({ features, firstFrame: b.slice(features, 2, 0, 1) });

  async function tell(former: FormerClip) {
    const bits: number[] = [];
    const next = await sampleNextClip(
      b, models.transformer, models.quantizer, requestFor(schedule), former, settings, seededUniforms(4),
      (report) => {
        bits.push(...report.bits.data);
      },
    );
    return { ...next, bits };
  }

  it('goes on from sampled features, clip after clip', async () => {
    const { transformer, quantizer } = models;
    let former = opening(await sampleCodes(b, transformer, quantizer, requestFor(plan(2, 3)), seededUniforms(2)));
    for (let i = 0; i < 2; i++) {
      const next = await tell(former);
      const old = await b.read(former.features);
      const [codes, features] = [await b.read(next.codes), await b.read(next.features)];
      expect(features.shape).toEqual([1, 64, 3, 2, 2]);
      for (const channel of [0, 63]) {
        expect(features.get(0, channel, 0, 1, 1)).toBe(old.get(0, channel, 2, 1, 1));
        expect(features.get(0, channel, 2, 1, 0)).toBe(codes.get(0, channel, 1, 1, 0));
      }
      const frames = await collectFrames(decodeNextClip(b, models.tokenizer, former, next.codes));
      expect(frames.shape).toEqual([1, 8, 32, 32, 3]);
      const joint = b.concat([b.slice(former.features, 2, 1, 3), next.codes], 2);
      const all = toBytes(await decodeVideo(b, models.tokenizer, joint));
      expect(rowMajor(frames)).toEqual(rowMajor(all).slice(-frames.size));
      former = { features: next.features, firstFrame: former.firstFrame };
    }
  });

  it('depends on the former clip, on its end and on the first frame of all', async () => {
    const features = randomTensor([1, 64, 3, 2, 2], 8);
    const other = randomTensor([1, 64, 3, 2, 2], 9);
    const base = opening(b.upload(features));
    const told = await tell(base);
    expect((await tell(base)).bits).toEqual(told.bits);
    expect((await tell({ ...base, firstFrame: b.slice(b.upload(other), 2, 0, 1) })).bits).not.toEqual(told.bits);
    expect((await tell({ ...base, features: b.upload(other) })).bits).not.toEqual(told.bits);
  });

  it('sees the former clip at positions 1 … N, and its end at full size', async () => {
    const former = opening(b.upload(randomTensor([1, 64, 5, 2, 2], 8)));
    const [semantic, detail] = formerClipConditions(b, former, schedule, { semanticScale: 0, detailFrames: [2, 3] });
    expect([semantic.frames, semantic.realSi]).toEqual([[1, 2, 3, 4], 800]);
    expect([detail.frames, detail.realSi]).toEqual([[0, 3, 4], 801]);
    expect([semantic.features.shape, detail.features.shape]).toEqual([[1, 64, 4, 1, 1], [1, 64, 3, 2, 2]]);
    const [all, details, reduced] = await Promise.all(
      [former.features, detail.features, semantic.features].map((x) => b.read(x)),
    );
    expect([0, 1, 2].map((t) => details.get(0, 5, t, 1, 0))).toEqual([0, 3, 4].map((t) => all.get(0, 5, t, 1, 0)));
    const mean = [[0, 0], [0, 1], [1, 0], [1, 1]].reduce((sum, [h, w]) => sum + all.get(0, 5, 2, h, w) / 4, 0);
    expect(reduced.get(0, 5, 1, 0, 0)).toBeCloseTo(mean, 6);
  });

  it('refuses scales and frames that are not there', () => {
    const former = opening(b.upload(randomTensor([1, 64, 3, 2, 2], 8)));
    const conditions = (semanticScale: number, detailFrames: number[]) => () => {
      formerClipConditions(b, former, schedule, { semanticScale, detailFrames });
    };
    expect(conditions(2, [0])).toThrow(/semanticScale/);
    expect(conditions(0, [2])).toThrow(/detailFrames.*0 to 1.*2/);
  });
});
