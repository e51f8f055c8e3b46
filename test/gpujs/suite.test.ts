/** The suite of every backend, on the modes of gpu.js that any machine has. */

import { gpujsBackend } from '../../backends/gpujs/index.ts';
import { describeBackend } from '../backend/suite.ts';

for (const gpu of ['cpu', 'webasm'] as const) describeBackend(`gpujs ${gpu}`, () => gpujsBackend({ gpu }));
