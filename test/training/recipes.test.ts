/** Recipes as files: those that ship can be run, and what is wrong in one is named. */

import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ArgumentError, FileError } from '../../src/errors.ts';
import { parseTokenizerRecipe, parseTransformerRecipe } from '../../src/training/run/parse-recipe.ts';
import { readTokenizerRecipe, readTransformerRecipe } from '../../src/training/run/read-recipe.ts';
import { readReleasedRecipe } from '../../src/training/released/recipe.ts';
import { runHere } from '../cli/run.ts';

let root = '';
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'recipes-'));
});
afterAll(() => rm(root, { recursive: true }));

type Json = Record<string, unknown>;
const shipped = async (name: string): Promise<Json> => JSON.parse(await readFile(`recipes/${name}.json`, 'utf8')) as Json;

/** The recipe with one field, named as in errors, set to something. */
function changed(recipe: Json, path: string, value: unknown): Json {
  const copy = structuredClone(recipe);
  const keys = path.split('.');
  const parent = keys.slice(0, -1).reduce((at, key) => at[key] as Json, copy);
  if (value === undefined) delete parent[keys.at(-1)!];
  else parent[keys.at(-1)!] = value;
  return copy;
}

describe('the recipes that ship', () => {
  it('are read by their names', async () => {
    const names = (await readdir('recipes')).filter((file) => file.endsWith('.json')).map((file) => file.replace('.json', ''));
    expect(names).toEqual(expect.arrayContaining(['toy-tokenizer', 'toy-decoder', 'toy-transformer', 'toy-interact', 'emoji-tokenizer']));
    for (const name of names) {
      const others = name.startsWith('released-') ? readReleasedRecipe : readTransformerRecipe;
      const read = /tokenizer|decoder/.test(name) ? readTokenizerRecipe : others;
      expect(await read(name)).toEqual(await shipped(name)); // nothing is lost, nothing is added
    }
  });
});

describe('a recipe is refused', () => {
  it.each<[string, unknown, RegExp]>([
    ['stages', [], /^r\.stages: expected at least one stage/],
    ['stages.0.steps', 0, /^r\.stages\[0\]\.steps: expected a whole number from 1 to/],
    ['stages.0.steps', '800', /^r\.stages\[0\]\.steps: expected a number, got '800'/],
    ['stages.0.rate.peak', -1, /^r\.stages\[0\]\.rate\.peak: expected a number above 0/],
    ['stages.0.rate.warmup', 50, /^r\.stages\[0\]\.rate\.warmup: expected no such field; there are peak, warmUp, end/],
    ['stages.1.videoShare', 1.5, /^r\.stages\[1\]\.videoShare: expected a number from 0 to 1/],
    ['stages.1.videos', 0, /^r\.stages\[1\]\.videos: expected a whole number from 1/],
    ['stages.2.side', 32, /^r\.stages\[2\]\.side: expected none with the quantizer/],
    ['loss.quantizer.zeta', undefined, /^r\.loss\.quantizer\.zeta: expected a number, got undefined/],
    ['loss', undefined, /^r\.loss: expected an object/],
    ['adamw.betas', [0.9], /^r\.adamw\.betas: expected two numbers/],
    ['decay', 2, /^r\.decay: expected a number from 0 to 1/],
    ['augmentation', { shift: 3, flip: 1 }, /^r\.augmentation\.flip: expected no such field; there are shift, /],
    ['augmentation', { mirror: 2 }, /^r\.augmentation\.mirror: expected a number from 0 to 1/],
  ])('whose %s is %j', async (path, value, message) => {
    const recipe = changed(await shipped('toy-tokenizer'), path, value);
    expect(() => parseTokenizerRecipe(recipe, 'r')).toThrow(message);
    expect(() => parseTokenizerRecipe(recipe, 'r')).toThrow(ArgumentError);
  });

  it('whose kinds of batches take more than all steps', async () => {
    const recipe = changed(await shipped('toy-transformer'), 'stages.1.turns', 0.7);
    expect(() => parseTransformerRecipe(recipe, 'r')).toThrow(/^r\.stages\[1\]\.pictures\.share: expected at most what turns leave of 1/);
  });

  it('that is no recipe, is of the other kind, or is not there', async () => {
    const file = join(root, 'broken.json');
    await writeFile(file, '{"stages": ');
    await expect(readTokenizerRecipe(file)).rejects.toThrow(FileError);
    await expect(readTokenizerRecipe('toy-transformer')).rejects.toThrow(/toy-transformer\.json\.pictures: expected no such field/);
    await expect(readTokenizerRecipe('toy-tokeniser')).rejects.toThrow(/toy-tokeniser: does not exist/);
  });
});

describe('infinitystar train --recipe', () => {
  it('trains by it, and says what is wrong with it in a line', async () => {
    const recipe = changed(await shipped('toy-tokenizer'), 'augmentation', { shift: 2 });
    const file = join(root, 'own.json');
    await writeFile(file, JSON.stringify(recipe));
    const { code, stderr } = await runHere('train', 'tokenizer', '--run', join(root, 'run'), '--recipe', file);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/error: augmentation: expected none for toyworld/)]);
  });
});
