/** Every public golden case on every backend. */

import { expect, it } from 'vitest';
import { backendNames, makeBackend } from '../../src/backends.ts';
import { kinds } from '../../src/conform/kinds/index.ts';
import { cases, describeGolden } from './describe-golden.ts';

it('golden cases are all of a known kind', () => {
  expect(cases.filter(({ kind }) => !kinds.has(kind)).map(({ id }) => id)).toEqual([]);
});

// webgpu needs a device: test/webgpu runs them there.
for (const name of backendNames.filter((each) => each !== 'webgpu')) describeGolden(`the ${name} backend`, () => makeBackend(name));
