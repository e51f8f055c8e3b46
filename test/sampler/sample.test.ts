/** Properties of whole sampling runs with small random models. */

import { describe, expect, it } from 'vitest';
import { referenceBackend } from '../../reference/backend.ts';
import { hostTensor, sizeOf } from '../../src/array/host.ts';
import type { HostBits, HostTensor } from '../../src/array/host.ts';
import type { Backend } from '../../src/backend/backend.ts';
import { observe } from '../../src/backend/observe.ts';
import { ArgumentError, ShapeError } from '../../src/errors.ts';
import { expandSteps } from '../../src/pyramid/repetition.ts';
import { makeSchedule } from '../../src/pyramid/schedule.ts';
import type { Schedule } from '../../src/pyramid/schedule.ts';
import { residualDecode } from '../../src/quantizer/residual-decode.ts';
import { vocabularyOf } from '../../src/quantizer/vocabulary.ts';
import type { SampleRequest } from '../../src/sampler/request.ts';
import { sampleCodes } from '../../src/sampler/sample.ts';
import type { StepReport } from '../../src/sampler/sample.ts';
import { seededUniforms } from '../../src/sampler/uniforms.ts';
import { randomTensor, randomTransformer, smallQuantizer } from '../transformer/random-model.ts';
import { counting } from './live.ts';

const quantizer = { config: smallQuantizer, channels: 8 };
const repetition = { image_scale_repetition: [2, 1, 1], video_scale_repetition: [1, 2, 1] };

function schedule(clipLatents: number, latents: number): Schedule {
  return makeSchedule([[1, 1], [1, 2], [2, 2]], clipLatents, latents);
}

function requestFor(plan: Schedule, settings: Partial<SampleRequest> = {}): SampleRequest {
  return {
    schedule: plan,
    repetition,
    text: randomTensor([4, 8], 77),
    guidance: { method: 'apg', threshold: 0.5, eta: 0 },
    cfg: plan.scales.map(() => 4),
    tau: plan.scales.map(() => 0.7),
    semanticScales: 2,
    ...settings,
  };
}

interface Sampled {
  readonly codes: HostTensor;
  readonly reports: readonly StepReport[];
}

async function sample(request: SampleRequest, seed = 1, b: Backend = referenceBackend()): Promise<Sampled> {
  const reports: StepReport[] = [];
  const codes = await sampleCodes(b, randomTransformer(b), quantizer, request, seededUniforms(seed), (report) => {
    reports.push(report);
  });
  return { codes: await b.read(codes), reports };
}

const bitsOf = ({ reports }: Sampled): number[][] => reports.map(({ bits }) => [...bits.data]);

describe('sampling', () => {
  it('gives the same bits for the same seed, and others for another', async () => {
    const request = requestFor(schedule(2, 3));
    const [first, again, other] = [await sample(request, 5), await sample(request, 5), await sample(request, 6)];
    expect(bitsOf(again)).toEqual(bitsOf(first));
    expect(again.codes.data).toEqual(first.codes.data);
    expect(bitsOf(other)).not.toEqual(bitsOf(first));
  });

  it('returns the sum of the codes of its bits', async () => {
    const b = referenceBackend();
    const plan = schedule(2, 4);
    const { codes, reports } = await sample(requestFor(plan));
    const decoded = await b.read(await residualDecode(b, quantizer, plan, reports));
    expect(codes.shape).toEqual([1, 8, 4, 2, 2]);
    expect(decoded.data).toEqual(codes.data);
  });

  it('reports every executed step with its place and sizes', async () => {
    const plan = schedule(2, 4); // clips of 1, 2 and 1 latent frames
    const { reports } = await sample(requestFor(plan, { repetition: { ...repetition, max_repeat_times: 1 } }));
    expect(reports.map(({ clip, scale, repeat, realSi }) => [clip, scale, repeat, realSi])).toEqual([
      [0, 0, 0, 0], [0, 1, 0, 2], [0, 2, 0, 3],
      [1, 0, 0, 4], [1, 1, 0, 5], [1, 2, 0, 7],
      [2, 0, 0, 8], [2, 1, 0, 9], [2, 2, 0, 11],
    ]);
    reports.forEach(({ index, total, si, size, bits, logits, guided }, k) => {
      expect([index, total, size]).toEqual([k, 9, plan.scales[si]]);
      const { width } = vocabularyOf(smallQuantizer, size);
      expect(bits.shape).toEqual([1, ...size, width]);
      expect(logits.shape).toEqual([2, sizeOf(size), 2 * width]);
      expect(guided).toHaveLength(sizeOf(bits.shape) * 2);
    });
  });

  it('does not let later clips change earlier ones; the last clip may be shorter', async () => {
    const [short, long] = [await sample(requestFor(schedule(2, 3))), await sample(requestFor(schedule(2, 4)))];
    expect(bitsOf(long).slice(0, short.reports.length)).toEqual(bitsOf(short));
    expect(long.codes.shape[2]).toBe(4);
  });

  it('does not depend on the null prompt before the first scale with guidance', async () => {
    const plan = schedule(1, 1);
    const plain = await sample(requestFor(plan, { cfg: [1, 1, 1] }));
    const late = await sample(requestFor(plan, { cfg: [1, 1, 9] }));
    const negative = await sample(requestFor(plan, { cfg: [1, 1, 9], negative: randomTensor([3, 8], 5) }));
    expect(plain.reports[0].logits.shape[0]).toBe(1);
    expect(late.reports[0].logits.shape[0]).toBe(2);
    for (const run of [late, negative]) expect(bitsOf(run).slice(0, 3)).toEqual(bitsOf(plain).slice(0, 3));
    const guided = [plain, late, negative].map(({ reports }) => [...reports[3].guided]);
    expect(guided[1]).not.toEqual(guided[0]);
    expect(guided[2]).not.toEqual(guided[1]);
  });

  it('replaces sampled bits by given ones, also where these have another width than the head', async () => {
    const plan = schedule(2, 3);
    const steps = expandSteps(plan, repetition);
    const given: HostBits[] = [];
    for (const { si, realSi } of steps.filter((step) => step.si < 3)) {
      const shape = [1, ...plan.scales[si], 8];
      given[realSi] = hostTensor(Uint8Array.from(randomTensor(shape, realSi + 1).data, (x) => (x > 0 ? 1 : 0)), shape);
    }
    const { reports } = await sample(requestFor(plan, { forced: { scales: 3, bits: given } }));
    for (const { si, realSi, bits, forced, sampled } of reports) {
      expect(forced).toBe(si < 3);
      expect([...bits.data]).toEqual([...(si < 3 ? given[realSi].data : sampled)]);
    }
    const free = await sample(requestFor(plan));
    expect(bitsOf(free).slice(4)).not.toEqual(reports.slice(4).map(({ bits }) => [...bits.data]));
  });

  it('holds as many tensors over ten clips as over two, besides one code a clip', async () => {
    const { b, live } = counting(referenceBackend());
    const model = randomTransformer(b);
    const resident = live();
    const counts: number[][] = [];
    const twice = { image_scale_repetition: [1, 1, 2], video_scale_repetition: [1, 1, 2] };
    const request = requestFor(schedule(1, 11), { repetition: twice });
    const codes = await sampleCodes(b, model, quantizer, request, seededUniforms(1), ({ clip, scale, repeat }) => {
      if (scale === 2 && repeat === 1) counts[clip] = [live() - clip];
    });
    // Text and one scale, keys and values in three blocks; the running code.
    expect(counts).toEqual(Array.from({ length: 11 }, (_, clip) => [resident + 6 + (clip < 10 ? 6 : 0) + 1]));
    expect(live()).toBe(resident + 1);
    b.free(codes);
    expect(live()).toBe(resident);
  });

  it('names its stages, and reads once a step', async () => {
    const paths: string[] = [];
    const { b: counted, reads } = counting(referenceBackend());
    const b = observe(counted, (path) => {
      paths.push(path);
      return Promise.resolve();
    });
    await sampleCodes(b, randomTransformer(b), quantizer, requestFor(schedule(1, 2)), seededUniforms(1));
    expect(reads()).toBe(8);
    expect(paths).toContain('sample/text');
    expect(paths.filter((path) => /\/rep\d+$/.test(path))).toEqual([
      'sample/clip0/scale0/rep0', 'sample/clip0/scale0/rep1', 'sample/clip0/scale1/rep0', 'sample/clip0/scale2/rep0',
      'sample/clip1/scale0/rep0', 'sample/clip1/scale1/rep0', 'sample/clip1/scale1/rep1', 'sample/clip1/scale2/rep0',
    ]);
    expect(paths).toContain('sample/clip1/scale1/rep1/block2/attention');
  });

  it('refuses settings that do not fit', async () => {
    const plan = schedule(1, 1);
    const wrong: readonly [Partial<SampleRequest>, RegExp, typeof ArgumentError][] = [
      [{ cfg: [1, 1] }, /cfg.*3 scales.*2/, ArgumentError],
      [{ tau: [1] }, /tau.*3 scales.*1/, ArgumentError],
      [{ tau: [1, 0, 1] }, /tau.*above 0.*0/, ArgumentError],
      [{ text: randomTensor([17, 8], 1) }, /16 text tokens/, ArgumentError],
      [{ negative: randomTensor([5, 8], 1) }, /negative.*4.*5/, ShapeError],
      [{ forced: { scales: 1, bits: [] } }, /forced\.bits\[0\]/, ShapeError],
      [{ forced: { scales: 4, bits: [] } }, /forced\.scales/, ArgumentError],
    ];
    for (const [settings, message, type] of wrong) {
      const run = sample(requestFor(plan, settings));
      await expect(run).rejects.toThrow(message);
      await expect(run).rejects.toBeInstanceOf(type);
    }
  });
});
