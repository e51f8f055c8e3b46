/** The tokenizer on somebody's own picture or clip: what each scale's bits add, and what turned or missing ones do. */

import {
  ArgumentError, decodeBits, encodeBits, hostTensor, planSchedule, psnr, rowMajor, seededUniforms, tokenizerInput, usableLength,
  vocabularyOf,
} from '../../src/browser.ts';
import type { Model, Schedule, Video } from '../../src/browser.ts';
import type { Encoded, Film, Reconstructed } from './protocol.ts';
import { filmOf } from './steps.ts';

type Steps = Awaited<ReturnType<typeof encodeBits>>;

/** Of the uniforms that say which bits are turned. */
const NOISE_SEED = 0;

export class TokenizerBench {
  private encoded: { readonly schedule: Schedule; readonly steps: Steps; readonly original: Video['frames'] } | undefined;

  async encode(model: Model, film: Film): Promise<Encoded> {
    const frames = hostTensor(film.data, [film.t, film.h, film.w, 3]);
    const count = usableLength(model, film.t);
    const schedule = planSchedule(model.config.schedule, count, film.h / film.w);
    const { target, original } = tokenizerInput(schedule, frames.hi(count));
    const steps = await encodeBits(model, schedule, target);
    this.encoded = { schedule, steps, original };
    return {
      original: filmOf(original),
      steps: steps.map(({ si, repeat }) => {
        const size = schedule.scales[si];
        const { name, width } = vocabularyOf(model.config.quantizer, size);
        return {
          si, repeat, size, width, vocabulary: name,
          scale: si % schedule.scalesPerClip, clip: Math.floor(si / schedule.scalesPerClip),
        };
      }),
    };
  }

  /** @param kept scales within a clip. @param noise share of the kept bits that are turned. */
  async reconstruct(model: Model, kept: readonly number[], noise: number): Promise<Reconstructed> {
    if (this.encoded === undefined) throw new ArgumentError('film', 'a picture or clip', 'none yet');
    const { schedule, steps, original } = this.encoded;
    const own = steps.filter(({ si }) => kept.includes(si % schedule.scalesPerClip));
    const uniforms = seededUniforms(NOISE_SEED);
    const turned = own.map((step) => {
      const draws = uniforms.next(rowMajor(step.bits).length);
      const flat = rowMajor(step.bits).map((bit, i) => (draws[i] < noise ? 1 - bit : bit));
      return { ...step, bits: hostTensor(flat, step.bits.shape) };
    });
    const frames = await decodeBits(model, schedule, turned);
    const count = own.reduce((sum, { bits }) => sum + rowMajor(bits).length, 0);
    return { film: filmOf(frames), psnr: psnr(original, frames), bits: count };
  }
}
