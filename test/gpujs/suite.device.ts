/** The suite of every backend, on the modes of gpu.js that need a device. */

import { chooseMode } from '../../../backends/gpujs/choose.ts';
import { gpujsBackend } from '../../../backends/gpujs/index.ts';
import { describeBackend } from '../../backend/suite.ts';

const mode = (process.env['INFINITYSTAR_GPU'] ?? 'webgpu') as 'webgpu' | 'headlessgl';
await chooseMode(mode);
describeBackend(`gpujs ${mode}`, () => gpujsBackend({ gpu: mode }));
