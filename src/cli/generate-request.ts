/** What the options of `generate` ask for, as the library takes it. */

import { rowMajor } from '../array/host.ts';
import { ArgumentError } from '../errors.ts';
import { videoOf } from '../io/picture.ts';
import { readPicture } from '../io/read-media.ts';
import type { ScheduleConfig } from '../model/config.ts';
import type { Model } from '../model/load.ts';
import { mostStartFrames, planGenerate } from '../pipeline/generate.ts';
import type { GenerateRequest } from '../pipeline/generate.ts';
import { defaultFrames, framesOfDuration } from '../pipeline/plan.ts';
import { samplingChanges } from './options.ts';
import type { SamplingOptions } from './options.ts';
import { readStartVideo, startNotice } from './start-video.ts';
import type { StartVideo } from './start-video.ts';

export interface RequestOptions extends SamplingOptions {
  readonly frames?: number;
  readonly duration?: number;
  readonly imageOnly?: true;
  readonly fromImage?: string;
  readonly continueVideo?: string;
  readonly startAt?: number;
  readonly givenScales?: number;
  readonly negative?: string;
  readonly ratio?: number;
  readonly smooth: boolean;
}

/** Everything that the options say but the prompt. */
export async function requestOf(options: RequestOptions, model: Model): Promise<Omit<GenerateRequest, 'prompt'>> {
  const { schedule } = model.config;
  const count = frameCount(options, schedule);
  const start = await readStart(options, schedule, count.frames);
  const request = {
    ...samplingChanges(options),
    ...(options.negative === undefined ? {} : { negativePrompt: options.negative }),
    ...count,
    ...(options.ratio === undefined ? {} : { ratio: options.ratio }),
    ...(options.givenScales === undefined ? {} : { givenScales: options.givenScales }),
    ...start,
    smooth: options.smooth,
  };
  if (start !== undefined && options.continueVideo !== undefined) {
    const { startFrames } = planGenerate(model, { ...request, prompt: '' });
    const notice = startNotice(options.continueVideo, start.start, schedule.fps, startFrames, startOf(options));
    if (notice !== undefined) process.stderr.write(`note: ${notice}\n`);
  }
  return request;
}

async function readStart(options: RequestOptions, config: ScheduleConfig, frames?: number): Promise<StartVideo | undefined> {
  const { fromImage, continueVideo, startAt, ratio, asReleased = false } = options;
  if (options.givenScales !== undefined && fromImage === undefined && continueVideo === undefined) {
    throw new ArgumentError('--given-scales', '--from-image or --continue-video beside it', 'none');
  }
  if (startAt !== undefined && continueVideo === undefined) throw new ArgumentError('--start-at', '--continue-video beside it', 'none');
  if (fromImage !== undefined) {
    const picture = await readPicture(fromImage);
    return { start: videoOf([rowMajor(picture)], picture.shape[0], picture.shape[1], null) };
  }
  if (continueVideo === undefined) return undefined;
  const wanted = asReleased ? defaultFrames(config) : mostStartFrames(config, frames);
  return readStartVideo(continueVideo, '--continue-video', { config, frames: wanted, ratio, startAt: startOf(options), asReleased });
}

/** As released a video is gone on from after its first clip. */
function startOf({ startAt, asReleased }: RequestOptions): number | undefined {
  return startAt ?? (asReleased ? 0 : undefined);
}

function frameCount(
  { frames, duration: seconds, imageOnly }: RequestOptions, config: ScheduleConfig,
): { readonly frames?: number } {
  if (imageOnly) return { frames: 1 };
  if (seconds !== undefined) return { frames: framesOfDuration(config, seconds) };
  return frames === undefined ? {} : { frames };
}
