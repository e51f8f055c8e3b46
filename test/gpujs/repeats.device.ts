/** Fifty pictures in one process by every mode of gpu.js: the device holds as much afterwards as after the first ones. */

import { it } from 'vitest';
import { chooseMode } from '../../backends/gpujs/choose.ts';
import { gpujsBackend } from '../../backends/gpujs/index.ts';
import { expectNoGrowth } from '../backend/fifty-pictures.ts';

const modes = [...new Set([(await chooseMode('auto')).mode, 'webasm' as const, 'cpu' as const])];

it.each(modes)('fifty pictures by %s take no more memory than ten', async (mode) => {
  await expectNoGrowth(await gpujsBackend({ gpu: mode }), ({ counts: { arrays, bytes, compilations } }) => {
    return { arrays, bytes, compilations };
  });
}, 420_000);
