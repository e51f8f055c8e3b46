/**
 * Makes the model `emoji`, from nothing: npm run train:emoji [-- <folder>]
 *
 * Gets and draws the data (npm run data:emoji), makes the text encoder for its words, and runs the training commands one after
 * the other, each in its own folder of <folder> (out/train-emoji unless given). Stopped at any point, the same command goes on.
 */

import './errors-in-a-line.ts';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { train } from './train-part.ts';

const root = join(import.meta.dirname, '..');
const folder = process.argv[2] ?? join(root, 'out/train-emoji');
const [data, model] = [join(folder, 'data'), join(folder, 'model')];
const [tokenizer, transformer] = ['tokenizer', 'transformer'].map((name) => ({
  run: join(folder, name), weights: join(folder, name, `${name}.safetensors`),
}));

script('data-emoji.ts', data);
await mkdir(model, { recursive: true });
await cp(join(root, 'recipes/models/emoji/config.json'), join(model, 'config.json'));
if (!existsSync(join(model, 'text_encoder/model.safetensors'))) script('make-emoji-text.ts', data, model);

await train('tokenizer', '--recipe', 'emoji-tokenizer', '--data', data, '--model', model, '--run', tokenizer.run);
await cp(tokenizer.weights, join(model, 'tokenizer.safetensors'));
await train('transformer', '--recipe', 'emoji-transformer', '--data', data, '--model', model, '--run', transformer.run);
await cp(transformer.weights, join(model, 'transformer.safetensors'));
process.stdout.write(`${model}: done; try infinitystar generate --model ${model}\n`);

/** Runs a script of this folder; ends this program if it fails or is stopped. */
function script(name: string, ...args: readonly string[]): void {
  const command = [...process.execArgv, join(import.meta.dirname, name), ...args];
  const { status } = spawnSync(process.execPath, command, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 130);
}
