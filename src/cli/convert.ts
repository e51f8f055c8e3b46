/** `infinitystar convert <files…>`: the official files become a model directory. */

import { Command, Option } from 'commander';
import type { BlockType } from '../array/block-matrix.ts';
import { BLOCK_TYPES } from '../array/block-matrix.ts';
import { convert } from '../convert/convert.ts';
import { inheritFromWan, readWanVae } from '../convert/from-wan.ts';
import { summary } from '../model/match-keys.ts';
import { ArgumentError, printable } from '../errors.ts';
import type { FloatType } from '../io/write-safetensors.ts';
import type { ModelConfig } from '../model/directory.ts';
import { readModelConfig } from '../model/directory.ts';
import { presetConfig, PRESETS } from '../model/presets.ts';
import { writeWeights } from '../training/run/checkpoint.ts';

interface ConvertCommandOptions {
  readonly out: string;
  readonly preset: string;
  readonly weights?: string;
  readonly resize?: true;
  readonly from: 'official' | 'wan';
  readonly allowOverflow?: true;
}

const TYPES: ReadonlyMap<string, FloatType | BlockType> = new Map([
  ['f32', 'F32'], ['f16', 'F16'], ['bf16', 'BF16'], ...BLOCK_TYPES.map((type) => [type, type] as const),
]);

export function convertCommand(signal: AbortSignal): Command {
  return new Command('convert')
    .description('make a model directory of official files: tokenizer, transformer, text encoder')
    .argument('<files...>', 'safetensors or PyTorch files, indices of shards, or folders of them')
    .requiredOption('--out <directory>', 'model directory to make')
    .requiredOption('--preset <name>', `settings: ${[...PRESETS.keys()].join(', ')}, or a model directory`)
    .addOption(new Option('--dtype, --weights <type>', 'type of the weights (default: as stored)').choices([...TYPES.keys()]))
    .addOption(new Option('--from <what>', 'wan: a Wan 2.1 VAE, of which a tokenizer to train on is made; --out is its file').choices(['official', 'wan']).default('official'))
    .option('--resize', 'take the sizes of the weights where they are not those of the preset')
    .option('--allow-overflow', 'with --dtype f16: values that do not fit become infinite, instead of being refused')
    .action((files: string[], options: ConvertCommandOptions) => run(files, options, signal));
}

async function run(files: string[], options: ConvertCommandOptions, signal: AbortSignal): Promise<void> {
  const { out, preset, weights, resize, allowOverflow, from } = options;
  if (from === 'wan') return inherit(files, options);
  const type = TYPES.get(weights ?? '');
  const config = await convert(files, out, {
    preset: await settings(preset),
    signal,
    note: (line) => process.stderr.write(`${printable(line)}\n`),
    ...(resize === undefined ? {} : { resize }),
    ...(allowOverflow === undefined ? {} : { allowOverflow }),
    ...(type === undefined ? {} : { type }),
  });
  process.stdout.write(`${out}: ${printable(config.name)}\n`);
}

/** The start of a tokenizer (`train tokenizer --start`). */
async function inherit([file, ...others]: string[], { out, preset }: ConvertCommandOptions): Promise<void> {
  if (others.length > 0) throw new ArgumentError('files', 'one, the Wan VAE', [file, ...others]);
  const { tokenizer } = await settings(preset);
  const { weights, inherited, unused } = inheritFromWan(await readWanVae(file), tokenizer);
  await writeWeights(out, weights, 'F32');
  for (const line of summary('of Wan\'s weights have no place here', unused)) process.stderr.write(`${printable(line)}\n`);
  process.stdout.write(`${out}: inherited ${inherited.length} of ${weights.size} weights; train it: infinitystar train tokenizer --start ${out}\n`);
}

/** @throws ArgumentError if it is neither a preset nor the path of a model. */
async function settings(preset: string): Promise<ModelConfig> {
  return /[/\\.]/.test(preset) ? readModelConfig(preset) : presetConfig(preset);
}
