/**
 * The released model's sizes with random weights, the whole way of real ones: official files on disk → `convert` →
 * weights streamed from disk → a picture at the first scales of the smallest budget. Slow on purpose.
 *
 *   npm run test:full-size                    all 36 blocks: 36 GB of disk, 20 GB of memory at most
 *   npm run test:full-size -- --blocks 2      the reduced one: 3 GB of disk, 6 GB of memory at most
 *
 * Text features are random too: the text encoder is tested on its own. Exit code 1 if memory or values are wrong.
 */

import './errors-in-a-line.ts';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import type { HostTensor, Shape } from '../src/array/host.ts';
import { hostTensor, sizeOf } from '../src/array/host.ts';
import { backendNames, makeBackend } from '../src/backends.ts';
import { torchZipChunks } from '../src/checkpoint/write-torch-zip.ts';
import { wholeNumber } from '../src/cli/options.ts';
import type { SourceTensor } from '../src/convert/collect.ts';
import { convert } from '../src/convert/convert.ts';
import { writeShards } from '../src/convert/export.ts';
import { writeFileAtomic } from '../src/io/atomic.ts';
import { openSafetensorsPath } from '../src/io/sharded-safetensors.ts';
import type { ModelConfig } from '../src/model/directory.ts';
import { presetConfig } from '../src/model/presets.ts';
import { streamWeights } from '../src/model/stream-weights.ts';
import { samplingOf } from '../src/pipeline/sampling.ts';
import { baseScales } from '../src/pyramid/scales.ts';
import { makeSchedule } from '../src/pyramid/schedule.ts';
import { collectFrames, decodeFrames } from '../src/sampler/frames.ts';
import { sampleCodes } from '../src/sampler/sample.ts';
import { seededUniforms } from '../src/sampler/uniforms.ts';
import { featureChannels } from '../src/tokenizer/levels.ts';
import { tokenizerShapes } from '../src/tokenizer/shapes.ts';
import { makeTokenizer } from '../src/tokenizer/tokenizer.ts';
import { transformerShapes } from '../src/transformer/shapes.ts';
import { makeTransformer } from '../src/transformer/transformer.ts';

interface Options {
  readonly blocks: number;
  readonly scales: number;
  readonly backend?: string;
  readonly dir: string;
}

const GIGABYTE = 1e9;
const started = performance.now();

function say(line: string): void {
  const seconds = ((performance.now() - started) / 1000).toFixed(1).padStart(7);
  const memory = (process.memoryUsage().rss / GIGABYTE).toFixed(2).padStart(6);
  process.stdout.write(`${seconds} s ${memory} GB  ${line}\n`);
}

/** Uniform in ±bound by a xorshift generator: quick, and good enough for weights. */
function randomValues(size: number, bound: number): Float32Array {
  const values = new Float32Array(size);
  let state = 0x9e3779b9 ^ size;
  for (let i = 0; i < size; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    values[i] = (state / 2 ** 31) * bound;
  }
  return values;
}

/** Norms are 1, everything else as PyTorch starts a layer. */
function randomWeight(key: string, shape: Shape): Float32Array {
  if (/(norm\.weight|norm_hidden_sates\.weight|gamma|scale_learnable_parameters)$/.test(key)) {
    return new Float32Array(sizeOf(shape)).fill(1);
  }
  return randomValues(sizeOf(shape), 1 / Math.sqrt(Math.max(sizeOf(shape.slice(1)), 1)));
}

/** The upper half of each float32. */
function asBfloat(values: Float32Array): Uint8Array {
  const bits = new Uint32Array(values.buffer);
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < halves.length; i++) halves[i] = bits[i] >>> 16;
  return new Uint8Array(halves.buffer);
}

async function writeOfficial(folder: string, config: ModelConfig): Promise<string[]> {
  const vae = [...tokenizerShapes(config.tokenizer)].map(([key, shape]) => {
    return { key, shape, values: async (): Promise<HostTensor> => hostTensor(randomWeight(key, shape), shape) };
  });
  const files = [join(folder, 'infinitystar_videovae.pth'), join(folder, 'infinitystar_8b_480p_weights')];
  await writeFileAtomic(files[0], torchZipChunks('vae', vae));
  say('wrote the tokenizer, PyTorch zip');
  const shards = [...transformerShapes(config.transformer, config.quantizer)].map(([key, shape]): [string, SourceTensor] => {
    const bytes = async (): Promise<Uint8Array> => asBfloat(randomWeight(key, shape));
    return [key, { type: 'bfloat16', shape, parameter: true, file: 'random', bytes }];
  });
  await writeShards(files[1], new Map(shards), 8e9);
  say('wrote the transformer, bfloat16 shards');
  return files;
}

async function generate(folder: string, { transformer: t, tokenizer: v, quantizer, sampling }: ModelConfig, options: Options) {
  const b = await makeBackend(options.backend);
  const files = [];
  for (const part of ['tokenizer', 'transformer']) files.push(await openSafetensorsPath(join(folder, `${part}.safetensors`)));
  const tokenizer = makeTokenizer(v, await streamWeights(b, files[0], 0));
  const transformer = makeTransformer(t, quantizer, await streamWeights(b, files[1], 0));
  const schedule = makeSchedule(baseScales(1, '0.06M').slice(0, options.scales), 20, 1);
  const once = schedule.scales.map(() => 1);
  const frames = await b.scope('full-size', async (b) => {
    const codes = await sampleCodes(
      b,
      transformer,
      { config: quantizer, channels: featureChannels(v) },
      {
        schedule,
        ...samplingOf(sampling, {}, schedule),
        repetition: { image_scale_repetition: once, video_scale_repetition: once, max_repeat_times: 1 },
        text: hostTensor(randomValues(5 * t.text_channels, 0.2), [5, t.text_channels]), // (L, text_channels)
      },
      seededUniforms(0),
      ({ index, total, size }) => { say(`step ${index + 1} of ${total}, ${size.join('×')} latents`); },
    ); // (1, C, 1, h, w)
    return collectFrames(decodeFrames(b, tokenizer, codes));
  }); // (1, 1, H, W, 3)
  for (const file of files) await file.close();
  return frames;
}

async function run(options: Options): Promise<void> {
  await mkdir(options.dir, { recursive: true });
  const folder = await mkdtemp(join(options.dir, 'full-size-'));
  try {
    const preset = presetConfig('480p');
    const { blocks } = options;
    const transformer = { ...preset.transformer, depth: blocks, block_chunks: Math.min(preset.transformer.block_chunks, blocks) };
    const files = await writeOfficial(folder, { ...preset, transformer });
    const model = join(folder, 'model');
    const config = await convert(files, model, { preset, resize: blocks !== preset.transformer.depth, note: say });
    say('converted');
    const frames = await generate(model, config, options);
    say(`a picture of ${frames.shape.slice(2, 4).join('×')} pixels`);
    const most = process.resourceUsage().maxRSS / 1e6; // of kilobytes
    const limit = blocks <= 2 ? 6 : 20;
    say(`at most ${most.toFixed(2)} GB of memory; ${limit} are allowed`);
    if (most > limit || new Set(frames.data).size < 2) process.exitCode = 1;
  } finally {
    await rm(folder, { recursive: true });
  }
}

await new Command('full-size')
  .option('--blocks <n>', 'blocks of the transformer', wholeNumber(1), 36)
  .option('--scales <n>', 'scales of the picture', wholeNumber(1), 3)
  .option('--backend <name>', `one of ${backendNames.join(', ')} (default: the fastest)`)
  .option('--dir <directory>', 'where the files are made, and removed at the end', tmpdir())
  .action(run)
  .parseAsync();
