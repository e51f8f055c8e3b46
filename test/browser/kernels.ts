/** All kernels by the names of their constants, which are the same in Node and in a bundle. */

import * as conv3d from '../../backends/gpujs/kernels/conv3d.ts';
import * as copy from '../../backends/gpujs/kernels/copy.ts';
import * as elementwise from '../../backends/gpujs/kernels/elementwise.ts';
import * as geometry from '../../backends/gpujs/kernels/geometry.ts';
import * as matmul from '../../backends/gpujs/kernels/matmul.ts';
import * as rows from '../../backends/gpujs/kernels/rows.ts';

export const kernels: Readonly<Record<string, unknown>> = { ...conv3d, ...copy, ...elementwise, ...geometry, ...matmul, ...rows };
