/** Where the models that ship with the project lie. */

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The directory of the one for pictures and videos. */
export function defaultModel(): string {
  return shippedModel('toy');
}

/** Beside the source in a clone, beside the build in the package. */
export function shippedModel(name: 'toy' | 'toy-interact'): string {
  const candidates = ['../../fixtures/models', '../../../fixtures/models'].map((path) => {
    return fileURLToPath(new URL(`${path}/${name}`, import.meta.url));
  });
  return candidates.find((path) => existsSync(path)) ?? candidates[0];
}
