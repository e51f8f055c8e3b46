/** Writes the source commit beside the build, for the package, which has no git: kits made with it name it. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot, sourceCommit } from '../src/kit/version.ts';

writeFileSync(join(packageRoot(), 'dist/commit'), `${sourceCommit()}\n`);
