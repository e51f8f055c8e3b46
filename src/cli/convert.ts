/** `infinitystar convert <files…>`: the official files become a model directory. */

import { Command, Option } from 'commander';
import type { BlockType } from '../array/block-matrix.ts';
import { BLOCK_TYPES } from '../array/block-matrix.ts';
import { convert } from '../convert/convert.ts';
import type { FloatType } from '../io/write-safetensors.ts';
import type { ModelConfig } from '../model/directory.ts';
import { readModelConfig } from '../model/directory.ts';
import { presetConfig, PRESETS } from '../model/presets.ts';

interface ConvertCommandOptions {
  readonly out: string;
  readonly preset: string;
  readonly weights?: string;
  readonly resize?: true;
}

const TYPES: ReadonlyMap<string, FloatType | BlockType> = new Map([
  ['f32', 'F32'], ['f16', 'F16'], ['bf16', 'BF16'], ...BLOCK_TYPES.map((type) => [type, type] as const),
]);

export function convertCommand(): Command {
  return new Command('convert')
    .description('make a model directory of official files: tokenizer, transformer, text encoder')
    .argument('<files...>', 'safetensors or PyTorch files, indices of shards, or folders of them')
    .requiredOption('--out <directory>', 'model directory to make')
    .requiredOption('--preset <name>', `settings: ${[...PRESETS.keys()].join(', ')}, or a model directory`)
    .addOption(new Option('--dtype, --weights <type>', 'type of the weights (default: as stored)').choices([...TYPES.keys()]))
    .option('--resize', 'take the sizes of the weights where they are not those of the preset')
    .action(run);
}

async function run(files: string[], { out, preset, weights, resize }: ConvertCommandOptions): Promise<void> {
  const type = TYPES.get(weights ?? '');
  const config = await convert(files, out, {
    preset: await settings(preset),
    note: (line) => process.stderr.write(`${line}\n`),
    ...(resize === undefined ? {} : { resize }),
    ...(type === undefined ? {} : { type }),
  });
  process.stdout.write(`${out}: ${config.name}\n`);
}

/** @throws ArgumentError if it is neither a preset nor the path of a model. */
async function settings(preset: string): Promise<ModelConfig> {
  return /[/\\.]/.test(preset) ? readModelConfig(preset) : presetConfig(preset);
}
