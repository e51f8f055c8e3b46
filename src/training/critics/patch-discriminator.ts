/**
 * A patch discriminator: for every small patch of every frame a number that says how real it looks, and the hinge losses of
 * it and of the decoder that it judges.
 *
 *     D(x):   (space-to-depth 2×2 → conv 3×3 → leaky relu) once for each width, then conv 3×3 to one channel
 *     L_D  =  ½·mean max(0, 1 − D(x)) + ½·mean max(0, 1 + D(x̂))
 *     L_G  =  −mean D(x̂)
 *
 * Space-to-depth stands for the strides of P. Isola et al., arXiv 1611.07004; leaky relu: 0.2·x below 0. Frames are judged one
 * by one. Losses: J. H. Lim, J. C. Ye, arXiv 1705.02894, as in the official videovae/modules/loss.py:hinge_d_loss. The
 * official discriminators themselves are not part of the published code.
 */

import { sizeOf } from '../../array/host.ts';
import type { HostTensor, Shape } from '../../array/host.ts';
import type { Backend, Tensor } from '../../backend/backend.ts';
import type { WeightStore } from '../../backend/weights.ts';
import { patchify } from '../../tokenizer/patchify.ts';

const PREFIX = 'discriminator';
const KERNEL = [1, 3, 3] as const;

/** Key → shape. @param widths channels of each layer, at half the size of the one before. */
export function discriminatorShapes(widths: readonly number[]): Map<string, Shape> {
  const shapes = new Map<string, Shape>();
  const conv = (key: string, input: number, output: number): void => {
    shapes.set(`${PREFIX}.${key}.weight`, [output, input, ...KERNEL]).set(`${PREFIX}.${key}.bias`, [output]);
  };
  widths.forEach((width, i) => conv(`layers.${i}`, 4 * (i === 0 ? 3 : widths[i - 1]), width));
  conv('out', widths.at(-1)!, 1);
  return shapes;
}

export function ofDiscriminator(key: string): boolean {
  return key.startsWith(`${PREFIX}.`);
}

/** video (B, 3, T, H, W) → (B, 1, T, h, w), h = H/2ⁿ. */
export async function discriminate(b: Backend, weights: WeightStore, video: Tensor): Promise<Tensor> {
  const w = await weights.load(b, PREFIX);
  const layers = [...weights.shapes.keys()].filter((key) => /^discriminator\.layers\.\d+\.weight$/.test(key)).length;
  let x = video; // (B, C, T, H, W)
  for (let i = 0; i < layers; i++) {
    const patches = patchify(b, x); // (B, 4·C, T, H/2, W/2)
    x = leakyRelu(b, b.conv3d(patches, w.get(`layers.${i}.weight`), w.get(`layers.${i}.bias`))); // (B, C′, T, H/2, W/2)
  }
  return b.conv3d(x, w.get('out.weight'), w.get('out.bias')); // (B, 1, T, h, w)
}

/** L_D, (1). @param made x̂, from which no gradient goes on. */
export async function discriminatorLoss(b: Backend, weights: WeightStore, real: HostTensor, made: HostTensor): Promise<Tensor> {
  const r = await discriminate(b, weights, b.upload(real)); // (B, 1, T, h, w)
  const m = await discriminate(b, weights, b.upload(made)); // (B, 1, T, h, w)
  const losses = b.add(b.map('relu', b.affine(r, -1, 1)), b.map('relu', b.affine(m, 1, 1))); // (B, 1, T, h, w)
  return mean(b, losses, 0.5);
}

/** L_G of a made video, (1). */
export async function adversarialLoss(b: Backend, weights: WeightStore, made: Tensor): Promise<Tensor> {
  return mean(b, await discriminate(b, weights, made), -1);
}

function leakyRelu(b: Backend, x: Tensor): Tensor {
  return b.add(b.affine(x, 0.2), b.affine(b.map('relu', x), 0.8)); // (…)
}

/** → (1) */
function mean(b: Backend, x: Tensor, factor: number): Tensor {
  const axes = x.shape.map((_, axis) => axis);
  return b.reshape(b.affine(b.sum(x, axes), factor / sizeOf(x.shape)), [1]);
}
