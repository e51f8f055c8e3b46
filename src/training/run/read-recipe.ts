/** Recipes from files: those that ship by their name, others by their path. */

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readWhole } from '../../io/files.ts';
import { parseStrictJson } from '../../io/strict-json.ts';
import { parseTokenizerRecipe, parseTransformerRecipe } from './parse-recipe.ts';
import type { TokenizerRecipe, TransformerRecipe } from './recipe.ts';

const MOST_BYTES = 2 ** 20;

/**
 * @param recipe the name of one that ships, such as `toy-tokenizer`, or the path of a file.
 * @throws FileError if there is no such file or it is no JSON, ArgumentError naming the field that is wrong.
 */
export async function readTokenizerRecipe(recipe: string): Promise<TokenizerRecipe> {
  const path = recipePath(recipe);
  return parseTokenizerRecipe(await readJson(path), path);
}

/** The same of a transformer. */
export async function readTransformerRecipe(recipe: string): Promise<TransformerRecipe> {
  const path = recipePath(recipe);
  return parseTransformerRecipe(await readJson(path), path);
}

/** Beside the source in a clone, beside the build in the package. */
export function recipePath(recipe: string): string {
  if (!/^[\w-]+$/.test(recipe)) return recipe;
  const candidates = ['../../../recipes', '../../../../recipes'].map((path) => fileURLToPath(new URL(`${path}/${recipe}.json`, import.meta.url)));
  return candidates.find((path) => existsSync(path)) ?? recipe;
}

async function readJson(path: string): Promise<unknown> {
  return parseStrictJson(await readWhole(path, MOST_BYTES), path);
}
