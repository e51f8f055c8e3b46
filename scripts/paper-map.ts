/** Writes docs/paper-map.md: paper section → step → code → golden cases. `npm run docs:map` */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { paperMap } from '../src/spec/paper-map.ts';

const root = join(import.meta.dirname, '..');
writeFileSync(join(root, 'docs/paper-map.md'), paperMap(root));
