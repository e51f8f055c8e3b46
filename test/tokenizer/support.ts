/** Small tokenizers with random weights, and a count of what is alive on a backend. */

import type { HostTensor, Shape } from '../../src/array/host.ts';
import { hostTensor, rowMajor, sizeOf } from '../../src/array/host.ts';
import type { Backend } from '../../src/backend/backend.ts';
import { tensorsIn } from '../../src/backend/backend.ts';
import { OwnedTensor } from '../../src/backend/ownership.ts';
import { residentWeights } from '../../src/backend/weights.ts';
import type { TokenizerConfig } from '../../src/model/config.ts';
import { tokenizerShapes } from '../../src/tokenizer/shapes.ts';
import { makeTokenizer } from '../../src/tokenizer/tokenizer.ts';
import type { Tokenizer } from '../../src/tokenizer/tokenizer.ts';

/** Three levels, all of which halve the sides; two halve time: the released factors at little cost. */
export const SMALL: TokenizerConfig = {
  in_channels: 3,
  out_channels: 3,
  latent_channels: 2,
  block_out_channels: [2, 4, 4, 4],
  layers_per_block: 1,
  spatial_compression_list: [2, 2, 2],
  temporal_compression_list: [2, 2],
};

/** Uniform in [-1, 1), from a linear congruential sequence. */
export function noise(shape: Shape, seed: number): HostTensor {
  let state = (seed * 2654435761) >>> 0;
  const values = new Float32Array(sizeOf(shape));
  for (let i = 0; i < values.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    values[i] = state / 2 ** 31 - 1;
  }
  return hostTensor(values, shape);
}

export function randomTokenizer(b: Backend, config: TokenizerConfig, seed = 1): Tokenizer {
  const values = new Map<string, HostTensor>();
  for (const [key, shape] of tokenizerShapes(config)) {
    const value = noise(shape, seed + values.size + 1);
    const isGain = key.endsWith('gamma') || key === 'scale_learnable_parameters';
    const size = Math.sqrt(3 / sizeOf(shape.slice(1)));
    values.set(key, hostTensor(value.data.map((v) => (isGain ? 1 + 0.5 * v : size * v)), shape));
  }
  return makeTokenizer(config, residentWeights(b, values));
}

export function largestDifference(a: HostTensor, b: HostTensor): number {
  const [left, right] = [rowMajor(a), rowMajor(b)];
  return left.reduce((most, value, i) => Math.max(most, Math.abs(value - right[i])), 0);
}

/** Numbers of values in tensors made through a backend and not yet freed. */
export interface Alive {
  now(): number;
  peak: number;
}

/** `b`, counting every tensor made through it or through its scopes. */
export function counting(b: Backend): { backend: Backend; alive: Alive } {
  const tensors = new Set<OwnedTensor<unknown>>();
  const alive: Alive = {
    peak: 0,
    now() {
      let total = 0;
      for (const tensor of tensors) {
        if (tensor.storage === undefined) tensors.delete(tensor);
        else total += sizeOf(tensor.shape);
      }
      return total;
    },
  };
  const wrap = (inner: Backend): Backend =>
    new Proxy(inner, {
      get(target, name) {
        if (name === 'scope') {
          const scope: Backend['scope'] = (stage, body) => target.scope(stage, (deeper) => body(wrap(deeper)));
          return scope;
        }
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== 'function') return member;
        return (...args: unknown[]): unknown => {
          const result: unknown = Reflect.apply(member, target, args);
          for (const tensor of tensorsIn(result)) if (tensor instanceof OwnedTensor) tensors.add(tensor);
          alive.peak = Math.max(alive.peak, alive.now());
          return result;
        };
      },
    });
  return { backend: wrap(b), alive };
}
