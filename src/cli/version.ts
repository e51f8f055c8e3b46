/** The version of the package. */

import { readFileSync } from 'node:fs';
import { Fields } from '../io/fields.ts';

/** A file of the package, which lies above the source in a clone, above the build in the package. */
export function packageFile(name: string): URL {
  const [folder] = import.meta.url.split(/(?:dist\/)?src\/cli\/version\.[jt]s$/);
  return new URL(name, folder);
}

export function version(): string {
  return new Fields(JSON.parse(readFileSync(packageFile('package.json'), 'utf8')), 'package.json').string('version');
}
