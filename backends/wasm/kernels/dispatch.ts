/** The kernels by number: the order of `KERNELS` in ../device.ts. */

import { binary } from './binary';
import { channelNorm } from './channel-norm';
import { channelNormGradient } from './channel-norm-gradient';
import { conv3d } from './conv3d';
import { conv3dWeight } from './conv3d-weight';
import { copy } from './copy';
import { interleave } from './interleave';
import { matmul } from './matmul';
import { matmulBlocks } from './matmul-blocks';
import { matmulDots } from './matmul-dots';
import { matmulRows } from './matmul-rows';
import { norm } from './norm';
import { pack } from './pack';
import { resample } from './resample';
import { rotary } from './rotary';
import { round } from './round';
import { softmax } from './softmax';
import { sum } from './sum';
import { take } from './take';
import { transpose } from './transpose';
import { unary } from './unary';
import { unaryGradient } from './unary-gradient';
import { widen } from './widen';
import { winograd, winogradInput } from './winograd';
import { winogradGradient } from './winograd-gradient';
import { winogradGradientTransforms } from './winograd-gradient-transforms';
import { winogradGradientWeights } from './winograd-gradient-weights';
import { winogradWeights } from './winograd-weights';

export function dispatch(kernel: u32, task: u32): void {
  switch (kernel) {
    case 0: return binary(task);
    case 1: return channelNorm(task);
    case 2: return conv3d(task);
    case 3: return copy(task);
    case 4: return matmul(task);
    case 5: return matmulDots(task);
    case 6: return matmulRows(task);
    case 7: return norm(task);
    case 8: return pack(task);
    case 9: return resample(task);
    case 10: return rotary(task);
    case 11: return softmax(task);
    case 12: return sum(task);
    case 13: return take(task);
    case 14: return transpose(task);
    case 15: return unary(task);
    case 16: return conv3dWeight(task);
    case 17: return widen(task);
    case 18: return winograd(task);
    case 19: return winogradWeights(task);
    case 20: return winogradGradient(task);
    case 21: return winogradGradientTransforms(task);
    case 22: return winogradGradientWeights(task);
    case 23: return winogradInput(task);
    case 24: return unaryGradient(task);
    case 25: return channelNormGradient(task);
    case 26: return interleave(task);
    case 27: return round(task);
    case 28: return matmulBlocks(task);
    default: unreachable();
  }
}
