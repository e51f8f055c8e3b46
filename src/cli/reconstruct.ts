/** `infinitystar reconstruct <picture or video>`: through the tokenizer and back, with PSNR, bits and compression. */

import { Command } from 'commander';
import { readMedia } from '../io/read-media.ts';
import { checkOutput, writeMedia } from '../io/write-media.ts';
import { reconstructVideo, usableLength } from '../pipeline/reconstruct.ts';
import { ratioOf } from '../pipeline/generate.ts';
import { pixelSize, planSchedule } from '../pipeline/plan.ts';
import { addModelOptions, openModel } from './model.ts';
import type { ModelOptions } from './model.ts';
import { wholeNumber } from './options.ts';
import { numbered } from './result.ts';
import { addTraceOptions, withTrace } from './trace.ts';
import type { TracedRun, TraceFlags } from './trace.ts';

interface ReconstructOptions extends ModelOptions, TraceFlags {
  readonly scales?: number;
  readonly everyScale?: true;
  readonly out?: string;
}

export function reconstructCommand(signal: AbortSignal): Command {
  const command = new Command('reconstruct')
    .description('send a picture or video through the tokenizer and back')
    .argument('<input>', 'picture, video or folder of frames')
    .option('--scales <n>', 'stop after n scales (the paper\'s Fig. 6)', wholeNumber(1))
    .option('--every-scale', 'write one output per number of scales, numbered')
    .option('--out <file>', 'output (default: reconstruction.png or .mp4)');
  return addTraceOptions(addModelOptions(command)).action((input: string, options: ReconstructOptions) => {
    const header = { command: 'reconstruct', input, model: options.model };
    return withTrace(options, header, () => undefined, signal, (traced) => run(input, options, traced));
  });
}

async function run(input: string, options: ReconstructOptions, { backend }: TracedRun): Promise<void> {
  const model = await openModel(options, backend, true);
  const { schedule: config } = model.config;
  const { fps } = config;
  const size = (height: number, width: number) => pixelSize(planSchedule(config, 1, height / width));
  const video = await readMedia(input, { firstFrames: config.video_frames + 1 }, size);
  const count = video.frames.shape[0];
  const frames = usableLength(model, count);
  if (frames < count) {
    const all = count > config.video_frames ? `over ${config.video_frames}` : count;
    process.stderr.write(`note: of ${all} frames the first ${frames} are used\n`);
  }
  const out = options.out ?? (frames === 1 ? 'reconstruction.png' : 'reconstruction.mp4');
  const schedule = planSchedule(model.config.schedule, frames, ratioOf(video));
  const [height, width] = pixelSize(schedule);
  const last = options.scales ?? schedule.scales.length;
  const scales = options.everyScale ? Array.from({ length: last }, (_, i) => i + 1) : [last];
  const names = new Map(scales.map((n) => [n, options.everyScale ? numbered(out, n) : out]));
  for (const [n, name] of names) {
    await checkOutput(name, { frames: n <= schedule.scalesPerClip ? 1 : frames, height, width, fps });
  }
  for await (const result of reconstructVideo(model, { video, scales })) {
    const name = names.get(result.scales)!;
    await writeMedia(name, result.frames, fps);
    process.stdout.write(
      `${name}: ${result.scales} of ${result.of} scales, ${result.frames.shape[0]} frames of ${width}×${height}, ` +
        `PSNR ${result.psnr.toFixed(2)} dB, ${result.bits} bits, compression ${result.compression.toFixed(1)}\n`,
    );
  }
}
