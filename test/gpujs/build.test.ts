/** The texts of kernels in the repository are those of their source. */

import { expect, it } from 'vitest';
import { committedTexts, generateTexts } from '../../scripts/build-gpujs.ts';

it('the committed texts are what is made of the kernels', async () => {
  expect(await generateTexts()).toBe(committedTexts());
});
