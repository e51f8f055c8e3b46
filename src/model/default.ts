/**
 * Where the models that ship with the project lie, and their names. In a clone all lie in fixtures/models; the npm package has
 * the toy models, and `emoji` is a package of its own beside it.
 */

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FileError } from '../errors.ts';

/** The package of the model `emoji`. */
const EMOJI_PACKAGE = 'infinitystar-emoji';

/** emoji: pictures and videos of emoji; toy: of the toy world; toy-interact: its stories. */
export const SHIPPED = ['emoji', 'toy', 'toy-interact'] as const;
export type ShippedName = (typeof SHIPPED)[number];

/** The small one, where no prompt chooses (choose.ts). */
export const DEFAULT_MODEL: ShippedName = 'toy';

/** Its directory. */
export function defaultModel(): string {
  return shippedModel(DEFAULT_MODEL);
}

/** @throws FileError if it is `emoji`, and is not installed. */
export function shippedModel(name: ShippedName): string {
  const place = shippedFixture(`models/${name}`);
  if (name !== 'emoji' || existsSync(place)) return place;
  try {
    return dirname(createRequire(import.meta.url).resolve(`${EMOJI_PACKAGE}/package.json`));
  } catch (cause) {
    const hint = "the model emoji is a package of its own; the toy world is here ('a red circle moving left')";
    throw new FileError(EMOJI_PACKAGE, `is not installed: ${hint}`, { cause });
  }
}

/** In the folder `fixtures`: beside the source in a clone, beside the build in the package. */
export function shippedFixture(path: string): string {
  const candidates = ['../../fixtures', '../../../fixtures'].map((folder) => {
    return fileURLToPath(new URL(`${folder}/${path}`, import.meta.url));
  });
  return candidates.find((place) => existsSync(place)) ?? candidates[0];
}

/** The directory of a model that is given by the name of one that ships, or by its folder; `./toy` is always a folder. */
export function modelDirectory(model: string): string {
  const name = SHIPPED.find((shipped) => shipped === model);
  return name === undefined ? model : shippedModel(name);
}
