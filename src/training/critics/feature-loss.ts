/**
 * Feature loss: how far apart two videos are for a network that sees pictures as people do (LPIPS).
 *
 *     f_k(x)   features after the k-th group of convolutions of the network, frame by frame, each place scaled to length 1
 *     L        = Σ_k mean over places of Σ_c w_kc·(f_kc(x) − f_kc(x̂))²
 *
 * The network is a VGG: 3×3 convolutions with relu, groups with 2×2 maxima between them, and one weight a channel for each
 * group. Its weights are not part of this project: a file has them under the names of torchvision and of LPIPS,
 *
 *     features.<i>.weight, .bias       convolutions, two numbers apart in a group, three where a maximum is between them
 *     lin<k>.model.1.weight            (1, C, 1, 1); 1 for all channels of a group where there is none
 *
 * R. Zhang et al., arXiv 1801.03924. Official: videovae/modules/lpips.py.
 */

import { hostTensor, sizeOf } from '../../array/host.ts';
import type { HostTensor } from '../../array/host.ts';
import type { Backend, Tensor } from '../../backend/backend.ts';
import { WeightError } from '../../errors.ts';
import { patchify } from '../../tokenizer/patchify.ts';

/** The network's weights under the keys above. */
export type FeatureNetwork = ReadonlyMap<string, HostTensor>;

/** What is subtracted from each colour in [−1, 1], and what it is divided by then: LPIPS's. */
const SHIFT = [-0.03, -0.088, -0.188];
const SCALE = [0.458, 0.448, 0.45];

/** The numbers of the convolutions, group by group. @throws WeightError if there are none. */
export function groupsOf(network: FeatureNetwork): number[][] {
  const numbers = [...network.keys()].flatMap((key) => /^features\.(\d+)\.weight$/.exec(key)?.[1] ?? []).map(Number);
  const groups: number[][] = [];
  for (const number of numbers.sort((a, b) => a - b)) {
    if (groups.length > 0 && number === groups.at(-1)!.at(-1)! + 2) groups.at(-1)!.push(number);
    else groups.push([number]);
  }
  if (groups.length === 0) throw new WeightError('features.0.weight', 'missing: a feature network has convolutions under such names');
  return groups;
}

/** L of two videos (B, 3, T, H, W), (1). H and W: multiples of 2 for each maximum. */
export function featureLoss(b: Backend, network: FeatureNetwork, x: Tensor, y: Tensor): Tensor {
  const [first, second] = [features(b, network, x), features(b, network, y)]; // (B, C, T, h, w) each
  const parts = first.map((f, k) => {
    const difference = b.sub(f, second[k]); // (B, C, T, h, w)
    const square = b.mul(difference, difference); // (B, C, T, h, w)
    const weighted = b.mul(square, b.upload(channelWeights(network, k, f.shape[1]))); // (B, C, T, h, w)
    return b.affine(b.sum(weighted, [0, 1, 2, 3, 4]), f.shape[1] / sizeOf(f.shape)); // (1, 1, 1, 1, 1)
  });
  return b.reshape(parts.reduce((sum, part) => b.add(sum, part)), [1]);
}

function features(b: Backend, network: FeatureNetwork, video: Tensor): Tensor[] {
  const perColour = (values: number[]): Tensor => b.upload(hostTensor(Float32Array.from(values), [1, 3, 1, 1, 1]));
  const shifted = b.sub(video, perColour(SHIFT)); // (B, 3, T, H, W)
  let x = b.div(shifted, perColour(SCALE)); // (B, 3, T, H, W)
  return groupsOf(network).map((group, k) => {
    if (k > 0) x = maxima(b, x); // (B, C, T, h/2, w/2)
    for (const number of group) {
      const weight = network.get(`features.${number}.weight`)!; // (O, C, 3, 3)
      const [out, input, ...kernel] = weight.shape;
      const conv = b.upload(hostTensor(weight.data, [out, input, 1, ...kernel])); // (O, C, 1, 3, 3)
      const bias = network.get(`features.${number}.bias`);
      if (bias === undefined) throw new WeightError(`features.${number}.bias`, 'missing');
      x = b.map('relu', b.conv3d(x, conv, b.upload(bias))); // (B, O, T, h, w)
    }
    return b.l2Normalize(x, 1); // (B, C, T, h, w)
  });
}

/** Of every 2×2 places: max(a, b) = a + relu(b − a). (B, C, T, h, w) → (B, C, T, h/2, w/2) */
function maxima(b: Backend, x: Tensor): Tensor {
  const [batch, channels, frames, h, w] = x.shape;
  const patches = b.reshape(patchify(b, x), [batch * channels, 4, frames, h / 2, w / 2]); // (B·C, 4, T, h/2, w/2)
  const places = [0, 1, 2, 3].map((i) => b.slice(patches, 1, i, i + 1)); // (B·C, 1, T, h/2, w/2) each
  const most = places.reduce((a, c) => b.add(a, b.map('relu', b.sub(c, a)))); // (B·C, 1, T, h/2, w/2)
  return b.reshape(most, [batch, channels, frames, h / 2, w / 2]);
}

/** (1, C, 1, 1, 1) */
function channelWeights(network: FeatureNetwork, k: number, channels: number): HostTensor {
  const values = network.get(`lin${k}.model.1.weight`)?.data ?? new Float32Array(channels).fill(1);
  if (values.length !== channels) throw new WeightError(`lin${k}.model.1.weight`, `${channels} channels expected, got ${values.length}`);
  return hostTensor(values, [1, channels, 1, 1, 1]);
}
