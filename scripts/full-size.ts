/**
 * The released model's sizes with random weights, the whole way of real ones: official files on disk, a text encoder of T5-XL's
 * sizes among them → `convert` → prompt → a picture of 256×256 with every scale and repetition, guidance and the tokenizer at
 * full width → that picture as the start of a video of one clip, of which the first scales are drawn. Slow on purpose.
 *
 *   npm run test:full-size                                      all 36 blocks in q4_k: 27 GB of disk
 *   npm run test:full-size -- --blocks 2 --repetitions 1        the reduced one: 5 GB of disk
 *   npm run test:full-size -- --weights bf16                    as they are stored: 42 GB of disk
 *
 * In pieces, with a folder that stays: the first time the model is made there, and is drawn with if it is there already.
 *
 *   npm run test:full-size -- --keep FOLDER --no-draw
 *   npm run test:full-size -- --keep FOLDER
 *
 * Says what every part took, what was read, and the most memory so far, beside what `info` predicts; exit code 1 if memory was
 * over 8 GB, if weights that fit the budget were read more than once, or if the picture is of one colour.
 */

import './errors-in-a-line.ts';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { backendNames, makeBackend } from '../src/backends.ts';
import { wholeNumber } from '../src/cli/options.ts';
import { convert } from '../src/convert/convert.ts';
import type { Video } from '../src/io/picture.ts';
import type { ModelConfig } from '../src/model/directory.ts';
import type { ModelFiles } from '../src/model/files.ts';
import { folderFiles } from '../src/model/folder.ts';
import type { Model } from '../src/model/open.ts';
import { checkModelFiles, openModel } from '../src/model/open.ts';
import { presetConfig } from '../src/model/presets.ts';
import { weightRoom } from '../src/model/weight-levels.ts';
import { generateVideo, planGenerate } from '../src/pipeline/generate.ts';
import { estimateMemory } from '../src/pipeline/memory.ts';
import { defaultFrames, planSchedule } from '../src/pipeline/plan.ts';
import { baseScales } from '../src/pyramid/scales.ts';
import { writeOfficial } from './full-size-files.ts';

const TYPES = ['q8_0', 'q4_0', 'q4_k', 'bf16'] as const;

interface Options {
  readonly blocks: number;
  readonly weights: (typeof TYPES)[number];
  readonly repetitions?: number;
  readonly weightMemory: number;
  readonly backend?: string;
  readonly dir: string;
  readonly keep?: string;
  readonly draw: boolean;
}

/** Of memory, for everything. */
const MOST = 8;

/** Of the clip, that are drawn. */
const FIRST_SCALES = 5;

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
  const most = gigabytes(mostMemory());
  say(`${name}: ${clock} s, ${processor} of processors; ${gigabytes(now.read - before.read)} read; ${most} of memory at most so far`);
  before = now;
}

function mostMemory(): number {
  return process.resourceUsage().maxRSS * 1024;
}

/** By this program, from the disk or what the system keeps of it; 0 where the system does not tell. */
async function bytesRead(): Promise<number> {
  const io = await readFile('/proc/self/io', 'utf8').catch(() => '');
  return Number(/rchar: (\d+)/.exec(io)?.[1] ?? 0);
}

let before = await spent();

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

/** Official files → a model in the folder, unless it is there. */
async function make(folder: string, { blocks, weights }: Options): Promise<string> {
  const model = join(folder, `${weights}-${blocks}-blocks`);
  if (existsSync(model)) return model;
  const released = presetConfig('480p');
  const { block_chunks, ...sizes } = released.transformer;
  const transformer = { ...sizes, depth: blocks, block_chunks: Math.min(block_chunks, blocks) };
  const preset = smallest(released);
  planGenerate({ config: preset }, REQUEST); // what is wrong with it is said before an hour has passed
  const official = join(folder, 'official');
  await rm(official, { recursive: true, force: true }); // half of them, of a run that was stopped
  const files = await writeOfficial(official, { ...preset, transformer });
  await part('writing official files');
  const type = weights === 'bf16' ? {} : { type: weights };
  await convert(files, model, { preset, resize: blocks !== preset.transformer.depth, note: say, ...type });
  await rm(official, { recursive: true });
  await part('converting');
  return model;
}

/** The files, and how much of their weights has been read: sizes and reads of those that were opened. */
function counted(files: ModelFiles) {
  const opened = new Map<string, { size: number; read: number }>();
  const open: ModelFiles['open'] = async (name) => {
    const source = await files.open(name);
    const count = opened.get(name) ?? { size: source.size, read: 0 };
    if (/\.(gguf|safetensors)$/.test(name)) opened.set(name, count);
    const read: typeof source.read = (offset, length) => {
      count.read += length;
      return source.read(offset, length);
    };
    return { ...source, read };
  };
  return { files: { ...files, open }, opened };
}

/** A picture, and a video that begins with it. */
async function draw(folder: string, { backend: name, weightMemory, repetitions }: Options): Promise<void> {
  const backend = await makeBackend(name);
  const budget = weightMemory * GIGABYTE;
  const { config, weights } = await checkModelFiles(folderFiles(folder), weightRoom(budget, backend.capacity));
  const predicted = estimateMemory(config, planSchedule(config.schedule, 1, 1), weights).total;
  const { files, opened } = counted(folderFiles(folder));
  const model = await openModel(files, backend, { weightBudget: budget });
  await part('opening, with the weights that stay');
  const repeats = repetitions === undefined ? {} : { maxRepeats: repetitions };
  const picture = await generateVideo(model, {
    ...REQUEST, ...repeats,
    onStep: ({ index, total, size }) => part(`step ${index + 1} of ${total}, ${size.join('×')} latents`),
  }); // (1, H, W, 3)
  await part('decoding');
  say(`a picture of ${picture.frames.shape.slice(1, 3).join('×')} pixels; predicted ${gigabytes(predicted)} of memory beside the program's own`);
  await startVideo(model, picture, repeats);
  for (const [file, { size, read }] of opened) say(`${file}: ${gigabytes(size)}, ${(read / size).toFixed(2)} times read`);
  await model.close();
  await backend.close();
  const most = mostMemory();
  say(`at most ${gigabytes(most)} of memory; ${MOST} are allowed`);
  const resident = [...opened].flatMap(([file, count]) => (file.startsWith('text_encoder/') ? [] : [count])); // that is read for a prompt
  const fitting = resident.reduce((sum, { size }) => sum + size, 0) <= budget;
  const again = fitting && resident.some(({ size, read }) => read > 1.01 * size);
  if (again) say('weights that fit the budget were read more than once');
  if (again || most > MOST * GIGABYTE || new Set(picture.frames.data).size < 2) process.exitCode = 1;
}

class Enough extends Error {}

/** Image to video of one clip, until the first scales of the clip are drawn. */
async function startVideo(model: Model, start: Video, repeats: { readonly maxRepeats?: number }): Promise<void> {
  const { schedule } = model.config;
  const video = generateVideo(model, {
    ...REQUEST, ...repeats, frames: defaultFrames(schedule), start,
    async onStep({ clip, scale, index, total, size, last }) {
      await part(`video, step ${index + 1} of ${total}, ${size.join('×')} latents`);
      if (clip === 1 && scale === FIRST_SCALES - 1 && last) throw new Enough();
    },
  });
  await video.catch((error: unknown) => {
    if (!(error instanceof Enough)) throw error;
  });
}

async function run(options: Options): Promise<void> {
  const folder = options.keep ?? (await mkdtemp(join(options.dir, 'full-size-')));
  try {
    await mkdir(folder, { recursive: true });
    const model = await make(folder, options);
    if (options.draw) await draw(model, options);
  } finally {
    if (options.keep === undefined) await rm(folder, { recursive: true });
  }
}

await new Command('full-size')
  .option('--blocks <n>', 'blocks of the transformer, and at most of the text encoder', wholeNumber(1), 36)
  .addOption(new Option('--weights <type>', 'what they are stored as').choices(TYPES).default('q4_k'))
  .option('--repetitions <n>', 'of each scale at most; unless given as released', wholeNumber(1))
  .option('--weight-memory <gigabytes>', 'for weights that stay in memory', wholeNumber(0), 6)
  .option('--backend <name>', `one of ${backendNames.join(', ')} (default: the fastest)`)
  .option('--dir <directory>', 'where the files are made, and removed at the end', tmpdir())
  .option('--keep <folder>', 'where the model is made, unless it is there already, and stays')
  .option('--no-draw', 'only make the model')
  .action(run)
  .parseAsync();
