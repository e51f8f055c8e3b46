/** Between the host's parameters and a differentiated loss: uploads the weights, reads all gradients. */

import { differentiate } from '../../autograd/differentiate.ts';
import type { HostTensor } from '../../array/host.ts';
import type { Backend, Tensor } from '../../backend/backend.ts';
import { residentWeights } from '../../backend/weights.ts';
import type { WeightStore } from '../../backend/weights.ts';
import type { Values } from './state.ts';

/**
 * @param constants weights that the loss depends on too, without a gradient.
 * @param recompute see `DifferentiateOptions`.
 */
export async function gradientsOf(
  b: Backend,
  parameters: Values,
  loss: (b: Backend, weights: WeightStore) => Promise<Tensor>,
  constants: Values = new Map(),
  recompute?: (stage: string) => boolean,
): Promise<Values> {
  return b.scope('step', async (outer) => {
    const weights = residentWeights(outer, new Map([...constants, ...parameters]));
    const tensors = new Map<string, Tensor>();
    for (const key of parameters.keys()) tensors.set(key, await weights.tensor(outer, key));
    const options = recompute === undefined ? {} : { recompute };
    const found = await differentiate(outer, tensors.values(), (inner) => loss(inner, weights), options);
    const gradients = new Map<string, HostTensor>();
    for (const [key, tensor] of tensors) gradients.set(key, await outer.read(found.get(tensor)!));
    return gradients;
  });
}
