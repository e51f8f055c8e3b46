import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { referenceBackend } from '../../reference/backend.ts';
import type { HostTensor } from '../../src/array/host.ts';
import { hostTensor, rowMajor, sizeOf } from '../../src/array/host.ts';
import { observe } from '../../src/backend/observe.ts';
import { residentWeights } from '../../src/backend/weights.ts';
import { ArgumentError, ShapeError, WeightError } from '../../src/errors.ts';
import type { Step } from '../../src/pyramid/repetition.ts';
import { expandSteps } from '../../src/pyramid/repetition.ts';
import type { Scale, Size } from '../../src/pyramid/scales.ts';
import type { Schedule } from '../../src/pyramid/schedule.ts';
import { scheduleFrom } from '../../src/pyramid/schedule.ts';
import { residualDecode } from '../../src/quantizer/residual-decode.ts';
import { residualEncode } from '../../src/quantizer/residual-encode.ts';
import { flipBits } from '../../src/quantizer/self-correction.ts';
import { droppedScales } from '../../src/quantizer/stochastic-depth.ts';
import type { Quantizer } from '../../src/quantizer/vocabulary.ts';
import { vocabularyOf } from '../../src/quantizer/vocabulary.ts';

const b = referenceBackend();

function makeQuantizer(semantic: number, channels: number, minTokens: number, twoStage: 0 | 1 = 1): Quantizer {
  return {
    channels,
    config: {
      use_two_stage_lfq: twoStage,
      semantic_scale_dim: semantic,
      detail_scale_dim: channels,
      detail_scale_min_tokens: minTokens,
      use_learnable_dim_proj: 0,
    },
  };
}

/** The pyramid of `sizes` for every clip length. */
function makeSchedule(sizes: readonly Size[], lengths: readonly number[]): Schedule {
  return scheduleFrom(lengths.flatMap((t) => sizes.map(([h, w]): Scale => [t, h, w])), sizes.length);
}

function allSteps(schedule: Schedule, repetition = 2): Step[] {
  const last = schedule.scalesPerClip - 1;
  const counts = Array.from({ length: last + 1 }, (_, s) => (s === last ? 1 : repetition));
  return expandSteps(schedule, { image_scale_repetition: counts, video_scale_repetition: counts });
}

/** Deterministic values between −2 and 2. */
function noise(shape: readonly number[], seed: number): HostTensor {
  const value = (_: unknown, i: number): number => 2 * Math.sin((i + 1) * 12.9898 + seed * 78.233);
  return hostTensor(Float32Array.from({ length: sizeOf(shape) }, value), shape);
}

const setting = fc.record({
  batch: fc.integer({ min: 1, max: 2 }),
  lengths: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }).map((clips) => [1, ...clips]),
  sizes: fc
    .array(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 })), { minLength: 1, maxLength: 3 })
    .map((sizes) => sizes.map(([h, w], i): Size => [h, w + i * 5])), // the last one is the only one of its size
  quantizer: fc.constantFrom(
    makeQuantizer(4, 12, 8),
    makeQuantizer(5, 12, 6),
    makeQuantizer(4, 8, 1),
    makeQuantizer(4, 8, 6, 0),
  ),
  repetition: fc.integer({ min: 1, max: 2 }),
  seed: fc.integer({ min: 0, max: 1000 }),
});

describe('residual pyramid', () => {
  it('decodes the bits of its encoder to the encoder’s own sum, with flipped bits too', async () => {
    await fc.assert(
      fc.asyncProperty(setting, async ({ batch, lengths, sizes, quantizer, repetition, seed }) => {
        const schedule = makeSchedule(sizes, lengths);
        const steps = allSteps(schedule, repetition);
        const frames = lengths.reduce((sum, t) => sum + t, 0);
        const shape = [batch, quantizer.channels, frames, ...sizes.at(-1)!];
        const features = b.upload(noise(shape, seed));
        const corrupt = (bits: Parameters<typeof flipBits>[0], step: Step) => {
          expect(step.si).toBeLessThan(schedule.scales.length - 1);
          const uniforms = Float32Array.from(noise(bits.shape, seed + step.realSi + 1).data, (x) => (x + 2) / 4);
          return flipBits(bits, hostTensor(uniforms, bits.shape), 0.3);
        };
        for (const options of [{}, { corrupt }]) {
          const encoding = await residualEncode(b, quantizer, schedule, steps, features, options);
          expect(encoding.codes.shape).toEqual(shape);
          for (const { si, bits } of encoding.steps) {
            const scale = schedule.scales[si];
            expect(bits.shape).toEqual([batch, ...scale, vocabularyOf(quantizer.config, scale).width]);
          }
          const accumulated = encoding.steps.map(({ si, accumulated: bits }) => ({ si, bits }));
          const decoded = await residualDecode(b, quantizer, schedule, accumulated);
          expect(rowMajor(await b.read(decoded))).toEqual(rowMajor(await b.read(encoding.codes)));
        }
      }),
      { numRuns: 25 },
    );
  });

  it('treats clips and batch rows independently', async () => {
    const quantizer = makeQuantizer(4, 8, 6);
    const sizes: readonly Size[] = [[1, 1], [2, 2], [3, 4]];
    const schedule = makeSchedule(sizes, [1, 2, 3]);
    const steps = allSteps(schedule);
    const features = b.upload(noise([2, 8, 6, 3, 4], 7));
    const whole = await residualEncode(b, quantizer, schedule, steps, features);
    const wholeCodes = await b.read(whole.codes); // (2, 8, 6, 3, 4)

    const row = await residualEncode(b, quantizer, schedule, steps, b.slice(features, 0, 1, 2));
    expect(rowMajor(await b.read(row.codes))).toEqual(rowMajor(wholeCodes).subarray(8 * 6 * 12));

    // The third clip on its own, in place of the image: frames 3 to 5.
    const clip = makeSchedule(sizes, [3]);
    const alone = await residualEncode(b, quantizer, clip, allSteps(clip), b.slice(features, 2, 3, 6));
    expect(rowMajor(await b.read(alone.codes))).toEqual(rowMajor(await b.read(b.slice(whole.codes, 2, 3, 6))));
  });

  it('comes nearer to long features with every scale', async () => {
    const quantizer = makeQuantizer(16, 16, 1);
    const schedule = makeSchedule([[1, 1], [2, 2], [4, 4], [5, 5]], [1]);
    const smooth = hostTensor(
      Float32Array.from({ length: 16 * 25 }, (_, i) => 3 * Math.sin(Math.floor(i / 25)) + Math.sin(i)),
      [1, 16, 1, 5, 5],
    );
    const encoding = await residualEncode(b, quantizer, schedule, allSteps(schedule, 1), b.upload(smooth));
    let before = Infinity;
    for (let scales = 1; scales <= 4; scales++) {
      const decoded = rowMajor(await b.read(await residualDecode(b, quantizer, schedule, encoding.steps, scales)));
      const error = decoded.reduce((sum, x, i) => sum + (x - smooth.data[i]) ** 2, 0);
      expect(error).toBeLessThan(before);
      before = error;
    }
  });

  it('leaves out the clips that begin after the last decoded scale', async () => {
    const quantizer = makeQuantizer(4, 8, 6);
    const schedule = makeSchedule([[1, 1], [2, 3]], [1, 2, 3]);
    const features = b.upload(noise([1, 8, 6, 2, 3], 1));
    const encoding = await residualEncode(b, quantizer, schedule, allSteps(schedule), features);
    const frames = [1, 2, 3, 4, 5, 6].map(async (scales) => {
      return (await residualDecode(b, quantizer, schedule, encoding.steps, scales)).shape[2];
    });
    expect(await Promise.all(frames)).toEqual([1, 1, 3, 3, 6, 6]);
  });

  it('goes on without dropped scales', async () => {
    const quantizer = makeQuantizer(4, 8, 6);
    const schedule = makeSchedule([[1, 1], [2, 2], [2, 3]], [1]);
    const dropped = droppedScales(3, 2, 0.5, [0.1, 0.9]);
    const steps = allSteps(schedule).filter(({ si }) => !dropped[si]);
    const encoding = await residualEncode(b, quantizer, schedule, steps, b.upload(noise([1, 8, 1, 2, 3], 2)));
    expect(encoding.steps.map(({ si }) => si)).toEqual([0, 0, 2]);
    const decoded = await residualDecode(b, quantizer, schedule, encoding.steps);
    expect(rowMajor(await b.read(decoded))).toEqual(rowMajor(await b.read(encoding.codes)));
  });

  it('keeps the tensors that it is asked for, and shows an observer every residual', async () => {
    const quantizer = makeQuantizer(4, 8, 6);
    const schedule = makeSchedule([[1, 1], [2, 3]], [1, 2]);
    const seen: string[] = [];
    const observed = observe(b, (path) => Promise.resolve(void seen.push(path)));
    const features = b.upload(noise([1, 8, 3, 2, 3], 3));
    const { steps } = await observed.scope('quantizer', async (inner) => {
      return residualEncode(inner, quantizer, schedule, allSteps(schedule, 1), features, {
        keepTensors: ({ si }) => si === 3,
      });
    });
    expect(steps.map(({ input, residual }) => [input?.shape, residual?.shape])).toEqual([
      ...Array.from({ length: 3 }, () => [undefined, undefined]),
      [[1, 8, 2, 2, 3], [1, 8, 2, 2, 3]],
    ]);
    expect(rowMajor(await b.read(steps[3].input!)).some((x) => x !== 0)).toBe(true);
    expect(seen.filter((path) => path.endsWith('residual'))).toEqual([
      'quantizer/clip0/step0/residual',
      'quantizer/clip0/step1/residual',
      'quantizer/clip1/step2/residual',
      'quantizer/clip1/step3/residual',
    ]);
  });

  it('names what does not fit', async () => {
    const quantizer = makeQuantizer(4, 8, 6);
    const schedule = makeSchedule([[1, 1], [2, 3]], [1, 2]);
    const steps = allSteps(schedule);
    for (const shape of [[1, 8, 2, 2, 3], [1, 4, 3, 2, 3], [1, 8, 3, 3, 3], [8, 3, 2, 3]]) {
      const misfit = b.upload(noise(shape, 0));
      await expect(residualEncode(b, quantizer, schedule, steps, misfit)).rejects.toThrow(ShapeError);
    }
    const features = b.upload(noise([1, 8, 3, 2, 3], 0));
    const { steps: encoded } = await residualEncode(b, quantizer, schedule, steps, features);
    await expect(residualDecode(b, quantizer, schedule, encoded.slice(0, 3))).rejects.toThrow('bits of clip 1');
    await expect(residualDecode(b, quantizer, schedule, encoded, 5)).rejects.toThrow(ArgumentError);
    const wrong = encoded.map((step) => ({ si: step.si, bits: encoded[0].bits }));
    await expect(residualDecode(b, quantizer, schedule, wrong)).rejects.toThrow('bits of scale 1');
  });

  it('asks for the weights of a learnable projection, and only where the width changes', async () => {
    const plain = makeQuantizer(4, 8, 6);
    const config = { ...plain.config, use_learnable_dim_proj: 1 } as const;
    const detail = makeSchedule([[2, 3]], [1]);
    const features = b.upload(noise([1, 8, 1, 2, 3], 0));
    const encoding = await residualEncode(b, { channels: 8, config }, detail, allSteps(detail), features);
    expect(encoding.steps).toHaveLength(1);

    const both = makeSchedule([[1, 1], [2, 3]], [1]);
    const encode = (quantizer: Quantizer) => residualEncode(b, quantizer, both, allSteps(both), features);
    await expect(encode({ channels: 8, config })).rejects.toThrow('semantic_proj_down');
    const empty = await residentWeights(b, new Map()).load(b, '');
    await expect(encode({ channels: 8, config, projections: empty })).rejects.toThrow(WeightError);
  });
});
