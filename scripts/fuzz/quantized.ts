/** Model folders whose transformer is in blocks of quantized weights: made wrong, opened, and run for a picture. */

import { existsSync } from 'node:fs';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { wasmBackend } from '../../backends/wasm/index.ts';
import { SIZES } from '../../bench/sizes.ts';
import { BLOCK_TYPES, fitsBlocks, quantizeBlocks } from '../../src/array/block-matrix.ts';
import { rowMajor } from '../../src/array/host.ts';
import { ggufChunks } from '../../src/gguf/write.ts';
import { initializeTransformer } from '../../src/model/initialize.ts';
import { loadModel } from '../../src/model/load.ts';
import { generateVideo } from '../../src/pipeline/generate.ts';
import { transformerShapes } from '../../src/transformer/shapes.ts';
import { writeTinyModel } from '../../test/model/tiny.ts';
import { concat, mutateBytes } from './mutate.ts';
import type { Random } from './random.ts';

/** The header of a file lies before this. */
const HEADER = 2048;

/** A `transformer.gguf`; half of the changes in its header, which is a small part of it. */
export async function quantized(random: Random): Promise<Uint8Array> {
  const bytes = await transformer(random.pick(BLOCK_TYPES));
  if (random.chance(0.5)) return mutateBytes(bytes, random);
  return concat(mutateBytes(bytes.subarray(0, HEADER), random), bytes.subarray(HEADER));
}

const made = new Map<string, Uint8Array>();

/** All matrices that can be of this type are. */
async function transformer(wanted: (typeof BLOCK_TYPES)[number]): Promise<Uint8Array> {
  const known = made.get(wanted);
  if (known !== undefined) return known;
  const { quantizer, transformer: config } = SIZES.tiny;
  const weights = initializeTransformer(transformerShapes({ ...config, text_channels: 32 }, quantizer), 2);
  const tensors = [...weights].map(([key, value]) => {
    const type = fitsBlocks(wanted, value.shape) ? wanted : undefined;
    const values = () => Promise.resolve(type === undefined ? value : quantizeBlocks(type, value));
    return { key, shape: value.shape, type: type ?? ('f32' as const), values };
  });
  const chunks: Uint8Array[] = [];
  for await (const chunk of ggufChunks(tensors, new Map([['general.architecture', 'infinitystar']]))) chunks.push(chunk);
  const bytes = concat(...chunks);
  made.set(wanted, bytes);
  return bytes;
}

/** Opens the folder and draws a picture with it. */
export async function drawQuantized(_path: string, folder: string): Promise<unknown> {
  if (!existsSync(join(folder, 'config.json'))) {
    const tiny = await writeTinyModel();
    await rm(join(tiny, 'transformer.safetensors'));
    await cp(tiny, folder, { recursive: true });
    await rm(tiny, { recursive: true });
  }
  const backend = await wasmBackend({ threads: 1 });
  try {
    const model = await loadModel(folder, backend);
    try {
      const { frames } = await generateVideo(model, { prompt: 'a red circle', frames: 1 });
      return [frames.shape, rowMajor(frames).reduce((sum, value) => sum + value, 0)];
    } finally {
      await model.close();
    }
  } finally {
    await backend.close();
  }
}
