/**
 * The released model's sizes with random weights, the whole way of real ones: official files on disk, a text encoder of T5-XL's
 * sizes among them → `convert` → prompt → a picture of 256×256 with every scale and repetition, guidance and the tokenizer at
 * full width. Weights that do not fit the budget are streamed from disk. Slow on purpose.
 *
 *   npm run test:full-size                                      all 36 blocks in q4_k: 25 GB of disk
 *   npm run test:full-size -- --blocks 2 --repetitions 1        the reduced one: 4 GB of disk
 *   npm run test:full-size -- --weights bf16                    as they are stored: 40 GB of disk
 *
 * Says what every part took, what was read, and the most memory so far; exit code 1 if that was over 8 GB, or if the picture is
 * of one colour.
 */

import './errors-in-a-line.ts';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import type { HostTensor, Shape } from '../src/array/host.ts';
import { hostTensor, sizeOf } from '../src/array/host.ts';
import { backendNames, makeBackend } from '../src/backends.ts';
import { torchZipChunks } from '../src/checkpoint/write-torch-zip.ts';
import { wholeNumber } from '../src/cli/options.ts';
import type { SourceTensor } from '../src/convert/collect.ts';
import { convert } from '../src/convert/convert.ts';
import { writeShards } from '../src/convert/export.ts';
import { writeFileAtomic } from '../src/io/atomic.ts';
import { shippedModel } from '../src/model/default.ts';
import type { ModelConfig } from '../src/model/directory.ts';
import { loadModel } from '../src/model/load.ts';
import { presetConfig } from '../src/model/presets.ts';
import { generateVideo, planGenerate } from '../src/pipeline/generate.ts';
import { baseScales } from '../src/pyramid/scales.ts';
import { t5Shapes } from '../src/text/t5-shapes.ts';
import { tokenizerShapes } from '../src/tokenizer/shapes.ts';
import { transformerShapes } from '../src/transformer/shapes.ts';

const TYPES = ['q8_0', 'q4_0', 'q4_k', 'bf16'] as const;

interface Options {
  readonly blocks: number;
  readonly weights: (typeof TYPES)[number];
  readonly repetitions?: number;
  readonly weightMemory: number;
  readonly backend?: string;
  readonly dir: string;
}

/** Of google/flan-t5-xl; its tokenizer is the shipped model's, whose ids are fewer. */
const T5_XL = {
  model_type: 't5', vocab_size: 32128, d_model: 2048, d_kv: 64, d_ff: 5120, num_layers: 24, num_heads: 32,
  feed_forward_proj: 'gated-gelu', relative_attention_num_buckets: 32, relative_attention_max_distance: 128, layer_norm_epsilon: 1e-6,
} as const;

/** Of memory, for everything. */
const MOST = 8;

const GIGABYTE = 1e9;
const started = performance.now();

function gigabytes(bytes: number): string {
  return `${(bytes / GIGABYTE).toFixed(2)} GB`;
}

function say(line: string): void {
  const seconds = ((performance.now() - started) / 1000).toFixed(1).padStart(7);
  process.stdout.write(`${seconds} s ${gigabytes(process.memoryUsage().rss).padStart(9)}  ${line}\n`);
}

/** Of the program so far; processor time, of all threads, tells more than the clock where others use the machine too. */
async function spent() {
  const { user, system } = process.cpuUsage();
  return { clock: performance.now() / 1000, processor: (user + system) / 1e6, read: await bytesRead() };
}

/** Says what a part took, from the end of the one before. */
async function part(name: string): Promise<void> {
  const now = await spent();
  const [clock, processor] = [now.clock - before.clock, now.processor - before.processor].map((seconds) => seconds.toFixed(1));
  const most = gigabytes(process.resourceUsage().maxRSS * 1024);
  say(`${name}: ${clock} s, ${processor} of processors; ${gigabytes(now.read - before.read)} read; ${most} of memory at most so far`);
  before = now;
}

/** By this program, from the disk or what the system keeps of it; 0 where the system does not tell. */
async function bytesRead(): Promise<number> {
  const io = await readFile('/proc/self/io', 'utf8').catch(() => '');
  return Number(/rchar: (\d+)/.exec(io)?.[1] ?? 0);
}

let before = await spent();

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

/** Random weights as bfloat16 in the shards that Hugging Face's files have. */
async function writeRandom(folder: string, shapes: ReadonlyMap<string, Shape>): Promise<void> {
  const tensors = [...shapes].map(([key, shape]): [string, SourceTensor] => {
    const bytes = async (): Promise<Uint8Array> => asBfloat(randomWeight(key, shape));
    return [key, { type: 'bfloat16', shape, parameter: true, file: 'random', bytes }];
  });
  await writeShards(folder, new Map(tensors), 8e9);
}

async function writeOfficial(folder: string, config: ModelConfig): Promise<string[]> {
  const t5 = { ...T5_XL, num_layers: Math.min(T5_XL.num_layers, config.transformer.depth) };
  const vae = [...tokenizerShapes(config.tokenizer)].map(([key, shape]) => {
    return { key, shape, values: async (): Promise<HostTensor> => hostTensor(randomWeight(key, shape), shape) };
  });
  const names = ['infinitystar_videovae.pth', 'infinitystar_8b_480p_weights', 'flan-t5-xl'];
  const [tokenizer, transformer, encoder] = names.map((name) => join(folder, name));
  await writeFileAtomic(tokenizer, torchZipChunks('vae', vae));
  await writeRandom(transformer, transformerShapes(config.transformer, config.quantizer));
  await writeRandom(encoder, t5Shapes(t5));
  await cp(join(shippedModel('toy'), 'text_encoder', 'tokenizer.json'), join(encoder, 'tokenizer.json'));
  await writeFile(join(encoder, 'config.json'), JSON.stringify(t5));
  return [tokenizer, transformer, encoder];
}

/** The settings for pictures of the smallest budget of pixels, 256×256. */
function smallest(config: ModelConfig): ModelConfig {
  const { schedule, sampling } = config;
  const pn = '0.06M';
  const three = baseScales(1, pn).map(() => 3);
  return {
    ...config, schedule: { ...schedule, pn },
    sampling: { ...sampling, image_scale_repetition: three, video_scale_repetition: three },
  };
}

const REQUEST = { prompt: 'a red circle', frames: 1, ratio: 1 } as const;

async function generate(folder: string, { backend, weightMemory, repetitions }: Options) {
  const model = await loadModel(folder, await makeBackend(backend), { weightBudget: weightMemory * GIGABYTE });
  await part('opening, with the weights that stay');
  const frames = await generateVideo(model, {
    ...REQUEST, ...(repetitions === undefined ? {} : { maxRepeats: repetitions }),
    onStep: ({ index, total, size }) => part(`step ${index + 1} of ${total}, ${size.join('×')} latents`),
  }); // (1, H, W, 3)
  await part('decoding');
  await model.close();
  return frames.frames;
}

async function run(options: Options): Promise<void> {
  await mkdir(options.dir, { recursive: true });
  const folder = await mkdtemp(join(options.dir, 'full-size-'));
  try {
    const released = presetConfig('480p');
    const { blocks, weights } = options;
    const { block_chunks, ...sizes } = released.transformer;
    const transformer = { ...sizes, depth: blocks, block_chunks: Math.min(block_chunks, blocks) };
    const preset = smallest(released);
    planGenerate({ config: preset }, REQUEST); // what is wrong with it is said before an hour has passed
    const files = await writeOfficial(folder, { ...preset, transformer });
    await part('writing official files');
    const model = join(folder, 'model');
    const type = weights === 'bf16' ? {} : { type: weights };
    await convert(files, model, { preset, resize: blocks !== preset.transformer.depth, note: say, ...type });
    for (const file of files) await rm(file, { recursive: true });
    await part('converting');
    const frames = await generate(model, options);
    say(`a picture of ${frames.shape.slice(1, 3).join('×')} pixels`);
    const most = process.resourceUsage().maxRSS * 1024;
    say(`at most ${gigabytes(most)} of memory; ${MOST} are allowed`);
    if (most > MOST * GIGABYTE || new Set(frames.data).size < 2) process.exitCode = 1;
  } finally {
    await rm(folder, { recursive: true });
  }
}

await new Command('full-size')
  .option('--blocks <n>', 'blocks of the transformer, and at most of the text encoder', wholeNumber(1), 36)
  .addOption(new Option('--weights <type>', 'what they are stored as').choices(TYPES).default('q4_k'))
  .option('--repetitions <n>', 'of each scale at most; unless given as released', wholeNumber(1))
  .option('--weight-memory <gigabytes>', 'for weights that stay in memory', wholeNumber(0), 3)
  .option('--backend <name>', `one of ${backendNames.join(', ')} (default: the fastest)`)
  .option('--dir <directory>', 'where the files are made, and removed at the end', tmpdir())
  .action(run)
  .parseAsync();
