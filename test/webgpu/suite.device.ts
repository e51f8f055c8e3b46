/** The suite of every backend and the golden cases on WebGPU: a GPU, or SwiftShader where there is none. */

import { webgpuBackend } from '../../backends/webgpu/index.ts';
import { describeBackend } from '../backend/suite.ts';
import { describeGolden } from '../conform/describe-golden.ts';

describeBackend('webgpu', () => webgpuBackend());
describeGolden('webgpu', () => webgpuBackend());
