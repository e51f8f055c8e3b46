/** The suite of every backend and the golden cases, on the best mode of gpu.js that this machine has. */

import { chooseMode } from '../../backends/gpujs/choose.ts';
import { gpujsBackend } from '../../backends/gpujs/index.ts';
import { describeBackend } from '../backend/suite.ts';
import { describeGolden } from '../conform/describe-golden.ts';

const { mode } = await chooseMode('auto');
describeBackend(`gpujs ${mode}`, () => gpujsBackend({ gpu: mode }));
describeGolden(`gpujs ${mode}`, () => gpujsBackend({ gpu: mode }));
