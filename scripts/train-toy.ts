/**
 * Makes the models that ship, from nothing: npm run train:toy [-- <folder>]
 *
 * Runs the training commands one after the other, each in its own folder of <folder> (out/train-toy unless given), and
 * lays the models beside them. Stopped at any point, the same command goes on.
 */

import './errors-in-a-line.ts';
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { train } from './train-part.ts';

const root = join(import.meta.dirname, '..');
const shipped = join(root, 'fixtures/models');
const folder = process.argv[2] ?? join(root, 'out/train-toy');
const partOf = (name: string, weights: string): { run: string; weights: string } => {
  return { run: join(folder, name), weights: join(folder, name, `${weights}.safetensors`) };
};
const [tokenizer, decoder] = [partOf('tokenizer', 'tokenizer'), partOf('decoder', 'tokenizer')];
const [transformer, interact] = [partOf('transformer', 'transformer'), partOf('interact', 'transformer')];

await train('tokenizer', '--run', tokenizer.run);
await train('decoder', '--run', decoder.run, '--start', tokenizer.weights);
await train('transformer', '--run', transformer.run, '--tokenizer', tokenizer.weights);
await train('interact', '--run', interact.run, '--tokenizer', tokenizer.weights, '--start', transformer.weights);

const [toy, toyInteract] = ['toy', 'toy-interact'].map((name) => join(folder, 'models', name));
await mkdir(toyInteract, { recursive: true });
await cp(join(shipped, 'toy/text_encoder'), join(toy, 'text_encoder'), { recursive: true });
await cp(join(shipped, 'toy/config.json'), join(toy, 'config.json'));
await cp(join(shipped, 'toy-interact/config.json'), join(toyInteract, 'config.json'));
await cp(decoder.weights, join(toy, 'tokenizer.safetensors'));
await cp(transformer.weights, join(toy, 'transformer.safetensors'));
await cp(interact.weights, join(toyInteract, 'transformer.safetensors'));
process.stdout.write(`${join(folder, 'models')}: done; try infinitystar eval --model ${toy}\n`);
