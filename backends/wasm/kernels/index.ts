/** What the compiled module offers (AssemblyScript; `npm run build:wasm`). */

export { init } from './job';
export { help, publish, runHere, work } from './schedule';

// Exported so that the optimizer keeps the kernels apart: an engine compiles small functions sooner and better.
export { binary } from './binary';
export { fourRows, oneRow, subtractOffsets } from './block-tile';
export { channelNorm } from './channel-norm';
export { channelNormGradient } from './channel-norm-gradient';
export { conv3d } from './conv3d';
export { copy } from './copy';
export { interleave } from './interleave';
export { matmul } from './matmul';
export { matmulBlocks } from './matmul-blocks';
export { matmulDots } from './matmul-dots';
export { matmulRows } from './matmul-rows';
export { norm } from './norm';
export { pack } from './pack';
export { resample } from './resample';
export { rotary } from './rotary';
export { round } from './round';
export { softmax } from './softmax';
export { sum } from './sum';
export { take } from './take';
export { transpose } from './transpose';
export { silu, unary } from './unary';
export { siluGradient, unaryGradient } from './unary-gradient';
export { widen } from './widen';
export { winograd, winogradInput } from './winograd';
export { winogradGradient } from './winograd-gradient';
export { winogradGradientTransforms } from './winograd-gradient-transforms';
export { winogradGradientWeights } from './winograd-gradient-weights';
export { winogradWeights } from './winograd-weights';
