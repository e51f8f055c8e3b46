/** The version of the package. */

import { readFileSync } from 'node:fs';
import { Fields } from '../io/fields.ts';
import { packageFile } from '../io/package-file.ts';

export function version(): string {
  return new Fields(JSON.parse(readFileSync(packageFile('package.json'), 'utf8')), 'package.json').string('version');
}
