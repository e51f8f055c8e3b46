/** Where the models that ship with the project lie, and their names. */

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** toy: pictures and videos of the toy world; toy-interact: its stories. */
export const SHIPPED = ['toy', 'toy-interact'] as const;
export type ShippedName = (typeof SHIPPED)[number];

/** The one for pictures and videos. */
export const DEFAULT_MODEL: ShippedName = 'toy';

/** Its directory. */
export function defaultModel(): string {
  return shippedModel(DEFAULT_MODEL);
}

export function shippedModel(name: ShippedName): string {
  return shippedFixture(`models/${name}`);
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
