/** The compiled kernels in the repository are those of their source. */

import { expect, it } from 'vitest';
import { committedKernels, generateKernels } from '../../scripts/build-wasm.ts';

it('the committed kernels are what their source compiles to', { timeout: 240_000 }, async () => {
  expect(await generateKernels()).toBe(committedKernels());
});
