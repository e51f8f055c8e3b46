/** `infinitystar interact <prompt>…`: a story told clip by clip, each with its own prompt. */

import { Command } from 'commander';
import { ArgumentError } from '../errors.ts';
import { checkOutput, writeMedia } from '../io/write-media.ts';
import type { Video } from '../io/picture.ts';
import type { ScheduleConfig } from '../model/config.ts';
import { interactVideo } from '../pipeline/interact.ts';
import type { InteractRequest } from '../pipeline/interact.ts';
import { defaultFrames, pixelSize, planSchedule } from '../pipeline/plan.ts';
import { ratioOf } from '../pipeline/generate.ts';
import { joinVideos } from '../pipeline/long-video.ts';
import { addModelOptions, notePrompts, openModel, TOY_HELP } from './model.ts';
import type { ModelOptions } from './model.ts';
import { addSamplingOptions, numberAbove, samplingChanges } from './options.ts';
import type { SamplingOptions } from './options.ts';
import { duration, progress } from './progress.ts';
import { readStartVideo, startAtOption, startNotice } from './start-video.ts';
import type { StartVideo } from './start-video.ts';
import { addResultOptions, enlarged, openResult } from './result.ts';
import type { ResultOptions } from './result.ts';
import { addTraceOptions, withTrace } from './trace.ts';
import type { TracedRun, TraceFlags } from './trace.ts';

interface InteractOptions extends ModelOptions, SamplingOptions, TraceFlags, ResultOptions {
  readonly fromVideo?: string;
  readonly startAt?: number;
  readonly ratio?: number;
  readonly out: string;
}

export function interactCommand(signal: AbortSignal): Command {
  const command = new Command('interact')
    .description('tell a story clip by clip, each with its own prompt')
    .argument('<prompts...>', 'one prompt for each clip')
    .option('--from-video <file>', 'the clip before the first prompt (its end is taken); as released the first prompt tells it')
    .addOption(startAtOption())
    .option('--ratio <h/w>', 'height / width, for models of several shapes', numberAbove(0))
    .option('--out <file>', 'output: .mp4, .gif, .apng or a folder', 'out.mp4');
  addResultOptions(addTraceOptions(addSamplingOptions(addModelOptions(command, 'toy-interact'))));
  command.addHelpText('after', TOY_HELP);
  return command.action((prompts: string[], options: InteractOptions) => {
    const header = { command: 'interact', prompts, model: options.model };
    return withTrace(options, header, progress(), signal, (traced) => run(prompts, options, traced));
  });
}

async function run(prompts: readonly string[], options: InteractOptions, { backend, onStep }: TracedRun): Promise<void> {
  const started = performance.now();
  const model = await openModel(options, backend);
  notePrompts(model, { prompts: options.asReleased === true ? prompts.slice(1) : prompts, seed: options.seed });
  const { schedule: config } = model.config;
  const start = await readStart(options, config);
  const request: InteractRequest = {
    prompts,
    ...samplingChanges(options),
    ...start,
    ...(options.ratio === undefined ? {} : { ratio: options.ratio }),
    onStep,
  };
  const { fps } = config;
  const [height, width] = pixelSize(planSchedule(config, defaultFrames(config), request.ratio ?? ratioOf(start?.start)));
  const times = options.upscale;
  await checkOutput(options.out, { frames: defaultFrames(config), height: height * times, width: width * times, fps });
  const clips: Video[] = [];
  for await (const clip of interactVideo(model, request)) {
    clips.push(clip);
    const count = clips.reduce((sum, { frames }) => sum + frames.shape[0], 0);
    process.stderr.write(`${count} frames after ${duration((performance.now() - started) / 1000)}\n`);
  }
  const frames = enlarged(joinVideos(clips).frames, options); // (T, H, W, 3)
  await writeMedia(options.out, frames, fps);
  process.stdout.write(`${options.out}: ${frames.shape[0]} frames of ${frames.shape[2]}×${frames.shape[1]}\n`);
  await openResult(options.out, options);
}

async function readStart(options: InteractOptions, config: ScheduleConfig): Promise<StartVideo | undefined> {
  const { fromVideo, startAt, ratio, asReleased = false } = options;
  if (fromVideo === undefined) {
    if (startAt !== undefined) throw new ArgumentError('--start-at', '--from-video beside it', 'none');
    return undefined;
  }
  const frames = defaultFrames(config);
  const start = await readStartVideo(fromVideo, '--from-video', { config, frames, ratio, startAt, asReleased });
  const notice = startNotice(fromVideo, start.start, config.fps, frames, startAt);
  if (notice !== undefined) process.stderr.write(`note: ${notice}\n`);
  return start;
}
