/**
 * Knowledge inheritance (§3.3, Q8) from the Wan 2.1 VAE: its weights, as far as they have a place, become those of a
 * continuous tokenizer from which training goes on.
 *
 *     first and last convolutions, residual blocks that keep their width, their norms, the middle's blocks    inherited
 *     its 1×1×1 convolutions around the latent      multiplied into the convolutions beside them
 *     down- and upsampling, blocks that change width, attention, convolutions in time       have no place: not inherited
 *     what nothing is inherited for      begins so that it changes as little as it can: blocks as the identity (second
 *                                        convolution 0), conditioning as none (scale 1, shift 0), projections as the identity
 *
 * So the result is a start, and no autoencoder yet: the resampling has to be learned. Wan pads time with zeros, this tokenizer
 * with the first frame. Keys: Wan-Video/Wan2.1, wan/modules/vae.py (Encoder3d, Decoder3d, WanVAE_). The official
 * code loads only weights that are of its own architecture already.
 */

import type { HostTensor, Shape } from '../array/host.ts';
import { hostTensor, rowMajor, sameShape, sizeOf } from '../array/host.ts';
import { readFloats } from '../checkpoint/read-floats.ts';
import { FileError } from '../errors.ts';
import type { TokenizerConfig } from '../model/config.ts';
import { initializeTokenizer } from '../model/initialize.ts';
import { levelsOf, MID_LAYERS } from '../tokenizer/levels.ts';
import { tokenizerShapes } from '../tokenizer/shapes.ts';

type Values = Map<string, HostTensor>;

export interface Inheritance {
  /** All weights of a continuous tokenizer. */
  readonly weights: ReadonlyMap<string, HostTensor>;
  /** Keys of ours that were inherited, and of Wan's that had no place. */
  readonly inherited: readonly string[];
  readonly unused: readonly string[];
}

/** @throws FileError if the file cannot be read or is no Wan VAE. */
export async function readWanVae(path: string): Promise<ReadonlyMap<string, HostTensor>> {
  const values = await readFloats(path);
  const missing = ['encoder.conv1.weight', 'encoder.middle.0.residual.2.weight', 'decoder.head.2.weight'].find((key) => !values.has(key));
  if (missing !== undefined) throw new FileError(path, `has no '${missing}', as the Wan 2.1 VAE has`);
  return values;
}

/** @param seed of what is drawn anew. */
export function inheritFromWan(wan: ReadonlyMap<string, HostTensor>, config: TokenizerConfig, seed = 0): Inheritance {
  const shapes = tokenizerShapes(config);
  const weights = neutral(initializeTokenizer(shapes, seed));
  const inherited: string[] = [];
  const used = new Set<string>();
  for (const [key, sources, value] of placesOf(wan, config)) {
    if (value === undefined || !sameShape(value.shape, shapes.get(key) ?? [])) continue;
    weights.set(key, value);
    inherited.push(key);
    for (const source of sources) used.add(source);
  }
  return { weights, inherited, unused: [...wan.keys()].filter((key) => !used.has(key)) };
}

/** Weights that change as little as they can. */
function neutral(weights: Values): Values {
  for (const [key, { shape }] of weights) {
    const fill = (value: number): unknown => weights.set(key, hostTensor(new Float32Array(sizeOf(shape)).fill(value), shape));
    if (/\.conv2\.conv\./.test(key) || /conv_[yb]\.conv\./.test(key)) fill(key.endsWith('conv_y.conv.bias') ? 1 : 0);
    if (/^proj_/.test(key)) weights.set(key, identity(shape));
  }
  return weights;
}

type Place = readonly [key: string, sources: readonly string[], value: HostTensor | undefined];

function placesOf(wan: ReadonlyMap<string, HostTensor>, config: TokenizerConfig): Place[] {
  const plain = (ours: string, theirs: string): Place[] => ['weight', 'bias'].map((part) => {
    return [`${ours}.${part}`, [`${theirs}.${part}`], wan.get(`${theirs}.${part}`)];
  });
  const block = (ours: string, theirs: string, norm: string): Place[] => [
    [`${ours}.norm1${norm}.gamma`, [`${theirs}.residual.0.gamma`], wan.get(`${theirs}.residual.0.gamma`)],
    ...plain(`${ours}.conv1.conv`, `${theirs}.residual.2`),
    [`${ours}.norm2${norm}.gamma`, [`${theirs}.residual.3.gamma`], wan.get(`${theirs}.residual.3.gamma`)],
    ...plain(`${ours}.conv2.conv`, `${theirs}.residual.6`),
  ];
  const blocks = (ours: string, theirs: string, widths: readonly number[], count: number, norm: string): Place[] => {
    const left = groupsOf(wan, theirs).map((group) => group.filter((key) => !wan.has(`${key}.shortcut.weight`)).slice(-count));
    return widths.flatMap((width, level) => {
      const found = left.findIndex(([key]) => key !== undefined && wan.get(`${key}.residual.2.weight`)!.shape[0] === width);
      if (found < 0) return [];
      const [same] = left.splice(0, found + 1).slice(-1); // levels keep their order
      return same.flatMap((key, i) => block(`${ours}.${level}.resnets.${count - same.length + i}`, key, norm));
    });
  };
  const middle = (side: string, norm: string): Place[] => Array.from({ length: MID_LAYERS }, (_, i) => {
    return block(`${side}.mid_block.resnets.${i}`, `${side}.middle.${2 * i}`, norm);
  }).flat();
  const levels = levelsOf(config);
  const [down, up] = [levels.map(({ outer }) => outer), levels.toReversed().map(({ inner }) => inner)];
  return [
    ...plain('encoder.conv_in.conv', 'encoder.conv1'),
    ...blocks('encoder.down_blocks', 'encoder.downsamples', down, config.layers_per_block, ''),
    ...middle('encoder', ''),
    ['encoder.norm_out.gamma', ['encoder.head.0.gamma'], wan.get('encoder.head.0.gamma')],
    ...latentOut(wan),
    ...latentIn(wan),
    ...middle('decoder', '.norm_layer'),
    ...blocks('decoder.up_blocks', 'decoder.upsamples', up, config.layers_per_block + 1, '.norm_layer'),
    ['decoder.norm_out.norm_layer.gamma', ['decoder.head.0.gamma'], wan.get('decoder.head.0.gamma')],
    ...plain('decoder.conv_out.conv', 'decoder.head.2'),
  ];
}

/** The residual blocks of a side, level by level: a resampling ends a level. */
function groupsOf(wan: ReadonlyMap<string, HostTensor>, prefix: string): string[][] {
  const groups: string[][] = [[]];
  for (let i = 0; ; i++) {
    const key = `${prefix}.${i}`;
    if (wan.has(`${key}.residual.2.weight`)) groups.at(-1)!.push(key);
    else if (wan.has(`${key}.resample.1.weight`)) groups.push([]);
    else return groups;
  }
}

/** The encoder's last convolution and the 1×1×1 one after it: W′ = C·W, b′ = C·b + c. */
function latentOut(wan: ReadonlyMap<string, HostTensor>): Place[] {
  const [w, bias, c, shift] = ['encoder.head.2.weight', 'encoder.head.2.bias', 'conv1.weight', 'conv1.bias'].map((key) => wan.get(key));
  if (w === undefined || bias === undefined || c === undefined || shift === undefined) return [];
  const channels = w.shape[0];
  const taps = sizeOf(w.shape) / channels;
  const [after, before] = [rowMajor(c), rowMajor(w)];
  const weight = new Float32Array(sizeOf(w.shape));
  const sums = rowMajor(shift).slice();
  for (let o = 0; o < channels; o++) {
    for (let k = 0; k < channels; k++) {
      const factor = after[o * channels + k];
      for (let i = 0; i < taps; i++) weight[o * taps + i] += factor * before[k * taps + i];
      sums[o] += factor * rowMajor(bias)[k];
    }
  }
  return [
    ['encoder.conv_out.conv.weight', ['encoder.head.2.weight', 'conv1.weight'], hostTensor(weight, w.shape)],
    ['encoder.conv_out.conv.bias', ['encoder.head.2.bias', 'conv1.bias'], hostTensor(sums, bias.shape)],
  ];
}

/** The 1×1×1 convolution before the decoder and its first one: W′ = W·C; b′ = b + Σ W·c, which is exact but at the borders. */
function latentIn(wan: ReadonlyMap<string, HostTensor>): Place[] {
  const [w, bias, c, shift] = ['decoder.conv1.weight', 'decoder.conv1.bias', 'conv2.weight', 'conv2.bias'].map((key) => wan.get(key));
  if (w === undefined || bias === undefined || c === undefined || shift === undefined) return [];
  const [out, channels, ...kernel] = w.shape;
  const taps = sizeOf(kernel);
  const [after, before, add] = [rowMajor(w), rowMajor(c), rowMajor(shift)];
  const weight = new Float32Array(sizeOf(w.shape));
  const sums = rowMajor(bias).slice();
  for (let o = 0; o < out; o++) {
    for (let m = 0; m < channels; m++) {
      for (let i = 0; i < taps; i++) {
        const factor = after[(o * channels + m) * taps + i];
        sums[o] += factor * add[m];
        for (let k = 0; k < channels; k++) weight[(o * channels + k) * taps + i] += factor * before[m * channels + k];
      }
    }
  }
  return [
    ['decoder.conv_in.conv.weight', ['decoder.conv1.weight', 'conv2.weight'], hostTensor(weight, w.shape)],
    ['decoder.conv_in.conv.bias', ['decoder.conv1.bias', 'conv2.bias'], hostTensor(sums, bias.shape)],
  ];
}

/** 1 on the diagonal of a matrix; 0 of a vector. */
function identity(shape: Shape): HostTensor {
  const values = new Float32Array(sizeOf(shape));
  if (shape.length === 2) for (let i = 0; i < Math.min(...shape); i++) values[i * shape[1] + i] = 1;
  return hostTensor(values, shape);
}
