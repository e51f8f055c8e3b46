/**
 * Decoding features: ÷ scale₀ → proj_up → unpatchify → decoder, chunk by chunk in time. Each chunk is handed over as
 * soon as it is decoded, so that memory does not grow with the length of the video.
 *
 * Official infinity/models/videovae/models/wan_bsq_vae.py:AutoencoderKLCogVideoX.decode. Spec V10.
 */

import type { HostTensor } from '../array/host.ts';
import type { Backend, Tensor } from '../backend/backend.ts';
import { ShapeError } from '../errors.ts';
import { decodeChunks, LATENT_FRAMES } from './chunks.ts';
import type { ConvCache } from './conv-cache.ts';
import { decoderChunk } from './decoder.ts';
import { joinFrames } from './frames.ts';
import { featureChannels } from './levels.ts';
import { unpatchify } from './patchify.ts';
import { projectUp } from './projection.ts';
import type { Tokenizer } from './tokenizer.ts';

/**
 * Yields the video in chunks (B, 3, Tᵢ, 16h, 16w), not clamped, 4t − 3 frames in all.
 * @param features (B, 64, t, h, w), on the device until the last chunk is out
 * @throws ShapeError if the features have another shape
 */
export async function* decodeInChunks(b: Backend, tokenizer: Tokenizer, features: Tensor): AsyncGenerator<HostTensor> {
  for await (const chunk of decodeTensors(b, tokenizer, features)) {
    const video = await b.read(chunk);
    b.free(chunk);
    yield video;
  }
}

/** The same on the device, where training goes on with it; whoever takes a chunk owns it. */
export async function* decodeTensors(b: Backend, tokenizer: Tokenizer, features: Tensor): AsyncGenerator<Tensor> {
  const latents = checkFeatures(tokenizer, features);
  let cache: ConvCache | undefined;
  try {
    for (const [i, { start, end }] of decodeChunks(latents).entries()) {
      const splitFirst = i === 0 && latents % LATENT_FRAMES === 0;
      const before = cache; // a stage reads no variable that changes after it, so that it can run again
      const chunk = await b.scope('decode', (outer) =>
        outer.scope(`chunk${i}`, async (s) => {
          const part = s.slice(features, 2, start, end); // (B, 64, tᵢ, h, w)
          const latent = unpatchify(s, await projectUp(s, tokenizer.weights, part)); // (B, 16, tᵢ, 2h, 2w)
          return decoderChunk(s, tokenizer, latent, splitFirst, before); // (B, 3, Tᵢ, 16h, 16w)
        }),
      );
      b.free(before);
      cache = chunk.cache;
      yield chunk.y;
    }
  } finally {
    b.free(cache);
  }
}

/**
 * The whole video.
 * @param features (B, 64, t, h, w)
 * @returns (B, 3, 4t − 3, 16h, 16w), not clamped
 * @throws ShapeError if the features have another shape
 */
export async function decodeVideo(b: Backend, tokenizer: Tokenizer, features: Tensor): Promise<HostTensor> {
  const chunks: HostTensor[] = [];
  for await (const chunk of decodeInChunks(b, tokenizer, features)) chunks.push(chunk);
  return joinFrames(chunks);
}

function checkFeatures({ config }: Tokenizer, { shape }: Tensor): number {
  const channels = featureChannels(config);
  if (shape.length !== 5 || shape[1] !== channels || shape.some((extent) => extent < 1)) {
    throw new ShapeError('features', `[B, ${channels}, t, h, w], none of them 0`, [...shape]);
  }
  return shape[2];
}
