/** Where the model that ships with the project lies. */

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Its directory: beside the source in a clone, beside the build in the package. */
export function defaultModel(): string {
  const candidates = ['../../fixtures/models/toy', '../../../fixtures/models/toy'].map((path) => {
    return fileURLToPath(new URL(path, import.meta.url));
  });
  return candidates.find((path) => existsSync(path)) ?? candidates[0];
}
