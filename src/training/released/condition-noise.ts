/**
 * Noise on what a clip sees of the clip before it, so that sampling, whose former clips are not perfect, finds it so:
 *
 *     z′ = z + s·std(z)·n,   s ~ {0, 0.15, 0.3},   n standard normal
 *
 * drawn for the semantic condition and for the former frames of the detail condition; the story's first frame stays as it is.
 * std with N − 1 in the denominator, over all values of the condition.
 *
 * Official: schedules/infinity_star_interact.py:video_encode (add_noise).
 */

import { hostTensor, rowMajor } from '../../array/host.ts';
import type { HostTensor } from '../../array/host.ts';
import { normal } from '../../sampler/normals.ts';
import type { Uniforms } from '../../sampler/uniforms.ts';
import type { TrainingCondition } from '../training-scales.ts';
import { drawInteger } from './choices.ts';

export const CONDITION_NOISE = [0, 0.15, 0.3] as const;

/** @param conditions semantic and detail of one sample, as `trainingConditions` gives them. */
export function noisyConditions([semantic, detail]: readonly TrainingCondition[], uniforms: Uniforms): TrainingCondition[] {
  const [h, w] = detail.size;
  return [
    { ...semantic, input: noisyTokens(semantic.input, 0, uniforms) },
    { ...detail, input: noisyTokens(detail.input, h * w, uniforms) },
  ];
}

/** (1, n, C), the first `kept` tokens as they are. */
function noisyTokens(input: HostTensor, kept: number, uniforms: Uniforms): HostTensor {
  const start = kept * input.shape[2];
  const values = rowMajor(input).slice();
  const part = values.subarray(start);
  const mean = part.reduce((sum, x) => sum + x, 0) / part.length;
  const deviation = Math.sqrt(part.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (part.length - 1));
  const strength = CONDITION_NOISE[drawInteger(uniforms, CONDITION_NOISE.length)] * deviation;
  if (strength > 0) part.forEach((x, i) => (part[i] = x + strength * normal(uniforms)));
  return hostTensor(values, input.shape);
}
