/** `generate --every-scale`: what there is after each scale of the run, numbered; the last is the result. */

import type { StepBits } from '../quantizer/residual-decode.ts';
import { checkOutput, writeMedia } from '../io/write-media.ts';
import type { Model } from '../model/load.ts';
import { decodeBits } from '../pipeline/bits.ts';
import { generateVideo, planGenerate } from '../pipeline/generate.ts';
import type { GenerateRequest } from '../pipeline/generate.ts';
import { enlarged, numbered } from './result.ts';
import type { ResultOptions } from './result.ts';

/** @returns the names of the files. */
export async function generateScales(
  model: Model, request: GenerateRequest, out: string, options: ResultOptions,
): Promise<string[]> {
  const { schedule, frames, height, width } = planGenerate(model, request);
  const { fps } = model.config.schedule;
  const names = schedule.scales.map((_, si) => numbered(out, si + 1));
  const times = options.upscale;
  for (const [si, name] of names.entries()) {
    const count = si < schedule.scalesPerClip ? 1 : frames; // the first clip is a picture
    await checkOutput(name, { frames: count, height: height * times, width: width * times, fps });
  }
  const steps: StepBits[] = [];
  const video = await generateVideo(model, {
    ...request,
    onStep: (step, b) => {
      steps.push({ si: step.si, bits: step.bits });
      return request.onStep?.(step, b);
    },
  });
  for (const [si, name] of names.entries()) {
    const last = si === names.length - 1;
    const { smooth = true } = request;
    const made = last ? video.frames : await decodeBits(model, schedule, steps, { scales: si + 1, smooth });
    await writeMedia(name, enlarged(made, options), fps);
  }
  return names;
}
