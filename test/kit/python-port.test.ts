/** The example port in NumPy, driven by the kit; only where python3 with numpy exists. */

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkKit } from '../../src/kit/check.ts';
import { drivePort } from '../../src/kit/drive.ts';
import { referenceBackend } from '../../reference/backend.ts';
import { root, smallKit } from './support.ts';

const hasNumpy = spawnSync('python3', ['-c', 'import numpy']).status === 0;

it.skipIf(!hasNumpy)('the NumPy example passes its stage', async () => {
  const { kit, entries } = await smallKit(['ops/channel-rms-norm', 'ops/patchify'], ['L1']);
  const results = join(kit, '../python');
  const command = `python3 ${JSON.stringify(join(root, 'examples/python-port/port.py'))}`;
  expect((await drivePort(kit, results, entries, { command, timeoutSeconds: 30 })).name).toBe('NumPy example');
  const { cases } = await checkKit(kit, results, referenceBackend());
  expect(cases.map(({ id, status }) => `${id} ${status}`)).toEqual(['ops/channel-rms-norm passed', 'ops/patchify not run']);
});
