/** What backends keep in memory beside the tensors of a request. */

import { keptBytes as keptOnWasm } from '../../backends/wasm/conv3d-winograd.ts';
import { keptBytes as keptOnWebgpu } from '../../backends/webgpu/kept-bytes.ts';
import type { Five } from '../../backends/webgpu/kept-bytes.ts';
import type { TokenizerConfig } from '../model/config.ts';
import { levelsOf, MID_LAYERS } from '../tokenizer/levels.ts';
import { tokenizerShapes } from '../tokenizer/shapes.ts';

export interface BackendMemory {
  /** Whether attention has tables of scores, rather than being in one piece. */
  readonly scores: boolean;
  /** Whether elementwise results and copies are written only if somebody wants them. */
  readonly lazy: boolean;
  /** Bytes of freed buffers that are kept for others, at most. */
  readonly spare: number;
  /** Bytes of transformed weights of the decoder that stay. @param chunks latent frames of each. */
  transformed(config: TokenizerConfig, height: number, width: number, chunks: readonly number[]): number;
}

/** On small frames, from the second chunk on. */
const WASM: BackendMemory = {
  scores: true,
  lazy: false,
  spare: 0,
  transformed(v, height, width, chunks) {
    let bytes = 0;
    let frames = chunks; // of the level
    const levels = levelsOf(v).reverse();
    let scale = levels.reduce((product, { resamples }) => product * (resamples ? 2 : 1), 1);
    const add = (count: number, outputs: number, channels: number): void => {
      const kept = frames.map((n) => keptOnWasm([outputs, channels, 3, 3, 3], height / scale, width / scale, n));
      if (kept.filter((size) => size > 0).length > 1) bytes += count * Math.max(...kept);
    };
    add(1, levels[0].inner, v.latent_channels);
    add(2 * MID_LAYERS, levels[0].inner, levels[0].inner);
    for (const { inner, outer, resamples, timeFactor } of levels) {
      add(2 * (v.layers_per_block + 1), inner, inner);
      if (!resamples) continue;
      add(1, outer * 4 * timeFactor, inner);
      scale /= 2;
      frames = frames.map((n, i) => timeFactor * n - (i === 0 ? timeFactor - 1 : 0));
    }
    add(1, v.out_channels, levels.at(-1)!.outer);
    return bytes;
  },
};

/** Every weight of a convolution, but for a picture, for which sums of them are made each time. */
const WEBGPU: BackendMemory = {
  scores: false,
  lazy: true,
  spare: 512 * 2 ** 20,
  transformed(config, _height, _width, chunks) {
    if (chunks.length === 1 && chunks[0] === 1) return 0;
    const kernels = [...tokenizerShapes(config)].filter(([key, { length }]) => key.startsWith('decoder.') && length === 5);
    return kernels.reduce((sum, [, shape]) => sum + keptOnWebgpu(shape as unknown as Five), 0);
  },
};

/** @param backend its name. */
export function backendMemory(backend: string): BackendMemory {
  return backend === 'webgpu' ? WEBGPU : WASM;
}
