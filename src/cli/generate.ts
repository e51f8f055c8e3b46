/** `infinitystar generate <prompt>`: text to image, text to video, image to video, video continuation. */

import { Command, Option } from 'commander';
import { ArgumentError } from '../errors.ts';
import { checkOutput, writeMedia } from '../io/write-media.ts';
import type { Video } from '../io/picture.ts';
import { chooseShipped } from '../model/choose.ts';
import type { Model } from '../model/load.ts';
import { generateVideo, planGenerate } from '../pipeline/generate.ts';
import type { GenerateRequest } from '../pipeline/generate.ts';
import { generateClips, joinVideos } from '../pipeline/long-video.ts';
import { addManyOptions, generateMany, isMany, planMany, readPrompts } from './generate-many.ts';
import type { ManyOptions } from './generate-many.ts';
import { requestOf } from './generate-request.ts';
import type { RequestOptions } from './generate-request.ts';
import { generateScales } from './generate-scales.ts';
import { addModelOptions, EMOJI_HELP, notePrompts, openModel, TOY_HELP } from './model.ts';
import type { ModelOptions } from './model.ts';
import { addSamplingOptions, backendOf, numberAbove, wholeNumber } from './options.ts';
import { duration, progress } from './progress.ts';
import { addResultOptions, enlarged, openResult } from './result.ts';
import { addRewriteOptions, rewritten, rewrittenSamples } from './rewrite.ts';
import type { RewriteFlags } from './rewrite.ts';
import { startAtOption } from './start-video.ts';
import { addTraceOptions, withTrace } from './trace.ts';
import type { TracedRun, TraceFlags } from './trace.ts';

/** Options that make many samples. */
const MANY = ['prompts', 'samples', 'seeds', 'dryRun'];

const DEFAULT_PROMPT = 'a rooster';

/** As they are written. */
type GenerateFlags = Omit<GenerateOptions, 'model'> & { readonly model?: string };

interface GenerateOptions extends ModelOptions, RequestOptions, TraceFlags, ManyOptions, RewriteFlags {
  readonly everyScale?: true;
  readonly clips?: number;
  readonly out?: string;
}

export function generateCommand(signal: AbortSignal): Command {
  const command = new Command('generate')
    .description('make a video or picture from a prompt')
    .argument('[prompt]', 'what to show', DEFAULT_PROMPT)
    .addOption(new Option('--frames <n>', 'frames of the video').argParser(wholeNumber(1)).conflicts(['duration', 'imageOnly']))
    .addOption(new Option('--duration <seconds>', 'length of the video').argParser(numberAbove(0)).conflicts('imageOnly'))
    .addOption(new Option('--image-only', 'a picture instead of a video').conflicts(['fromImage', 'continueVideo']))
    .addOption(new Option('--from-image <file>', 'picture that the video begins with').conflicts('continueVideo'))
    .option('--continue-video <file>', 'video to go on from its end, however long it is (as released: from its first clip)')
    .addOption(startAtOption())
    .option('--given-scales <n>', 'keep the first n scales of what is given, draw the others anew (default: keep all)', wholeNumber(1))
    .option('--negative <prompt>', 'what to steer away from, in place of the learned null text')
    .option('--ratio <h/w>', 'height / width, for models of several shapes', numberAbove(0))
    .option('--no-smooth', 'keep the first frame of a video; the released pipeline overwrites it by the second')
    .addOption(new Option('--every-scale', 'write what there is after each scale too, numbered').conflicts(MANY))
    .addOption(
      new Option('--clips <n>', 'go on n − 1 times, a clip each time, however long it gets').argParser(wholeNumber(1))
        .conflicts([...MANY, 'frames', 'duration', 'imageOnly', 'everyScale', 'trace']),
    )
    .option('--out <file>', 'output: .mp4, .gif, .apng, .png or a folder (default: out.mp4, out.png for a picture)');
  addManyOptions(addResultOptions(addTraceOptions(addSamplingOptions(addModelOptions(command, null)))));
  addRewriteOptions(command).addHelpText('after', EMOJI_HELP + TOY_HELP);
  return command.action(async (prompt: string, flags: GenerateFlags) => {
    if (isMany(flags)) return runMany(prompt, flags, signal);
    const alone = ['layout', 'shard', 'type', 'models'].find((name) => command.getOptionValueSource(name) === 'cli');
    if (alone !== undefined) throw new ArgumentError(`--${alone}`, '--prompts, --samples or --seeds beside it', 'none');
    const options = { ...flags, model: flags.model ?? (await chooseShipped([prompt])) };
    const told = await rewritten(prompt, options, signal);
    const header = { command: 'generate', prompt: told, ...(told === prompt ? {} : { original: prompt }), model: options.model };
    return withTrace(options, header, progress(), signal, (traced) => run(told, options, traced));
  });
}

/** Samples of a file of prompts, each as a single run would make it. */
async function runMany(prompt: string, flags: GenerateFlags, signal: AbortSignal): Promise<void> {
  if (flags.trace !== undefined) throw new ArgumentError('--trace', 'a single generation', 'several samples');
  const prompts = await readPrompts(prompt, flags);
  const options = { ...flags, model: flags.model ?? (await chooseShipped(prompts.map(({ text }) => text))) };
  const folder = options.out ?? 'out';
  const samples = planMany(prompts, options, options.imageOnly === true || options.frames === 1);
  if (options.dryRun) {
    process.stdout.write(samples.map(({ path, seed }) => `${path}\t${seed}\n`).join(''));
    return;
  }
  if (samples.length === 0) {
    process.stdout.write(`${folder}: nothing to make, for part ${options.shard.join('/')} has no prompt\n`);
    return;
  }
  const told = await rewrittenSamples(samples, options, signal);
  const backend = await backendOf(options, signal);
  try {
    const model = await openModel(options, backend);
    await generateMany(model, told, folder, options, await requestOf(options, model), signal);
    await model.close();
  } finally {
    await backend.close();
  }
}

async function run(prompt: string, options: GenerateOptions, { backend, onStep }: TracedRun): Promise<void> {
  const started = performance.now();
  const model = await openModel(options, backend);
  const { negative, seed } = options;
  notePrompts(model, { prompts: [prompt], seed, ...(negative === undefined ? {} : { negativePrompt: negative }) });
  const { fps } = model.config.schedule;
  const request: GenerateRequest = { ...(await requestOf(options, model)), prompt, onStep };
  const plan = planGenerate(model, request);
  const out = options.out ?? (plan.frames === 1 ? 'out.png' : 'out.mp4');
  const say = (name: string, frames: number): void => {
    const what = `${frames === 1 ? 'a picture' : `${frames} frames`} of ${plan.width * options.upscale}×${plan.height * options.upscale}`;
    process.stdout.write(`${name}: ${what} in ${duration((performance.now() - started) / 1000)}\n`);
  };
  if (options.everyScale) {
    const names = await generateScales(model, request, out, options);
    say(names.at(-1)!, plan.frames);
    return openResult(names.at(-1)!, options);
  }
  const [height, width] = [plan.height, plan.width].map((side) => side * options.upscale);
  await checkOutput(out, { frames: plan.frames, height, width, fps });
  const video = await made(model, request, options);
  const frames = enlarged(video.frames, options);
  await writeMedia(out, frames, fps);
  say(out, frames.shape[0]);
  await openResult(out, options);
}

async function made(model: Model, request: GenerateRequest, { clips = 1 }: GenerateOptions): Promise<Video> {
  if (clips === 1) return generateVideo(model, request);
  const parts: Video[] = [];
  for await (const part of generateClips(model, request, clips)) parts.push(part);
  return joinVideos(parts);
}
