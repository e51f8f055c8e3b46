/** Where the models that ship with the project lie, and their names. */

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** emoji: pictures and videos of animated emoji; toy: of the toy world; toy-interact: stories of the toy world. */
export const SHIPPED = ['emoji', 'toy', 'toy-interact'] as const;
export type ShippedName = (typeof SHIPPED)[number];

/** The one for pictures and videos. */
export const DEFAULT_MODEL: ShippedName = 'toy';

/** Its directory. */
export function defaultModel(): string {
  return shippedModel(DEFAULT_MODEL);
}

/** Beside the source in a clone, beside the build in the package. */
export function shippedModel(name: ShippedName): string {
  const candidates = ['../../fixtures/models', '../../../fixtures/models'].map((path) => {
    return fileURLToPath(new URL(`${path}/${name}`, import.meta.url));
  });
  return candidates.find((path) => existsSync(path)) ?? candidates[0];
}

/** The directory of a model that is given by the name of one that ships, or by its folder; `./toy` is always a folder. */
export function modelDirectory(model: string): string {
  const name = SHIPPED.find((shipped) => shipped === model);
  return name === undefined ? model : shippedModel(name);
}
