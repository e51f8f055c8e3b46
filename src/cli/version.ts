/** The version of the package. */

import { readFileSync } from 'node:fs';
import { Fields } from '../io/fields.ts';

/** The package's description lies above the source in a clone, above the build in the package. */
export function version(): string {
  const [folder] = import.meta.url.split(/(?:dist\/)?src\/cli\/version\.[jt]s$/);
  const file = new URL('package.json', folder);
  return new Fields(JSON.parse(readFileSync(file, 'utf8')), 'package.json').string('version');
}
