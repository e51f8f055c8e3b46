/**
 * Makes the model `emoji`: npm run train:emoji [-- <folder> --from-nothing]
 *
 * Gets and draws the data (npm run data:emoji), makes the text encoder for its words, and runs the training commands one after
 * the other, each in its own folder of <folder> (out/train-emoji unless given). Stopped at any point, the same command goes on.
 * The tokenizer learns from all emoji, the transformer those of recipes/emoji-items.txt; with --go-on both begin with the weights
 * that ship.
 */

import './errors-in-a-line.ts';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { train } from './train-part.ts';

const root = join(import.meta.dirname, '..');
const program = new Command('train:emoji')
  .argument('[folder]', 'where to train', join(root, 'out/train-emoji'))
  .option('--go-on', 'go on from the weights that ship');
program.parse();
const [folder] = program.processedArgs as [string];
const goOn = program.opts<{ goOn?: true }>().goOn === true;
const [data, chosen, model] = [join(folder, 'data'), join(folder, 'chosen'), join(folder, 'model')];
const [tokenizer, decoder, transformer] = [['tokenizer'], ['decoder', 'tokenizer'], ['transformer']].map(([name, part = name]) => ({
  run: join(folder, name), weights: join(folder, name, `${part}.safetensors`),
}));

script('data-emoji.ts', data);
await mkdir(model, { recursive: true });
await cp(join(root, 'recipes/models/emoji/config.json'), join(model, 'config.json'));
script('choose-emoji.ts', data, chosen);
if (!existsSync(join(model, 'text_encoder/model.safetensors'))) script('make-emoji-text.ts', data, model, '--items', chosen);

const [shipped, starts] = ['fixtures/models/emoji', 'fixtures/starts'].map((place) => join(root, place));
const begin = goOn
  ? ['--recipe', 'emoji-tokenizer-more', '--start', join(shipped, 'tokenizer.safetensors')]
  : ['--recipe', 'emoji-tokenizer'];
await train('tokenizer', ...begin, '--data', data, '--model', model, '--run', tokenizer.run);
const codes = ['--recipe', 'emoji-decoder', '--start', tokenizer.weights];
await train('decoder', ...codes, '--data', data, '--model', model, '--run', decoder.run);
await cp(decoder.weights, join(model, 'tokenizer.safetensors'));
const learned = goOn ? ['--start', join(starts, 'emoji-transformer.safetensors')] : [];
await train('transformer', '--recipe', 'emoji-transformer', ...learned, '--data', chosen, '--model', model, '--run', transformer.run);
await cp(transformer.weights, join(model, 'transformer.safetensors'));
process.stdout.write(`${model}: done; try infinitystar generate --model ${model}\n`);

/** Runs a script of this folder; ends this program if it fails or is stopped. */
function script(name: string, ...args: readonly string[]): void {
  const command = [...process.execArgv, join(import.meta.dirname, name), ...args];
  const { status } = spawnSync(process.execPath, command, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 130);
}
