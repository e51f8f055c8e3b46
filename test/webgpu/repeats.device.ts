/** Fifty pictures in one process: tensors, buffers and compiled kernels are as many afterwards as after the first ones. */

import { it } from 'vitest';
import { webgpuBackend } from '../../backends/webgpu/index.ts';
import { expectNoGrowth } from '../backend/fifty-pictures.ts';

it('fifty pictures take no more memory than ten', async () => {
  await expectNoGrowth(await webgpuBackend(), ({ counts: { arrays, bytes, reservedBytes, compilations } }) => {
    return { arrays, bytes, reservedBytes, compilations };
  });
}, 420_000);
