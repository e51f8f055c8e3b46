/** All kernels by the names of their constants, which are the same in Node and in a bundle. */

import * as generated from '../../backends/gpujs/kernels.generated.ts';

export const kernels: Readonly<Record<string, unknown>> = generated;
