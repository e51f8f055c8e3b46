/**
 * Encoding a video: encoder → patchify → posterior → proj_down → × scale₀, chunk by chunk in time, so that the
 * device holds one chunk of pixels at a time.
 *
 * Official infinity/models/videovae/models/wan_bsq_vae.py:AutoencoderKLCogVideoX.encode_for_raw_features. Spec V9.
 */

import type { HostTensor } from '../array/host.ts';
import { sameShape } from '../array/host.ts';
import type { Backend, Tensor } from '../backend/backend.ts';
import { ShapeError } from '../errors.ts';
import type { TokenizerConfig } from '../model/config.ts';
import { encodeChunks } from './chunks.ts';
import type { ConvCache } from './conv-cache.ts';
import { encoderChunk } from './encoder.ts';
import { framesOf } from './frames.ts';
import { featureChannels, framesPerLatent, pixelsPerFeature } from './levels.ts';
import { patchify } from './patchify.ts';
import { posteriorSample } from './posterior.ts';
import { projectDown } from './projection.ts';
import type { Tokenizer } from './tokenizer.ts';

/**
 * @param video (B, 3, T, H, W) in [-1, 1]; T = 4k + 1, H and W multiples of 16
 * @param noise standard normal noise of the posterior, (B, 64, (T−1)/4 + 1, H/16, W/16); the mean if absent
 * @returns features (B, 64, (T−1)/4 + 1, H/16, W/16) on the device
 * @throws ShapeError if the video or the noise has another shape
 */
export async function encodeVideo(
  b: Backend,
  tokenizer: Tokenizer,
  video: HostTensor,
  noise?: HostTensor,
): Promise<Tensor> {
  const expected = featureShape(tokenizer.config, video.shape);
  if (noise !== undefined && !sameShape(noise.shape, expected)) {
    throw new ShapeError('noise', `[${expected.join(', ')}]`, [...noise.shape]);
  }
  return b.scope('encode', async (outer) => {
    const features: Tensor[] = [];
    let cache: ConvCache | undefined;
    let done = 0; // latent frames
    for (const [i, span] of encodeChunks(video.shape[2], framesPerLatent(tokenizer.config)).entries()) {
      const before = cache; // a stage reads no variable that changes after it, so that it can run again
      const from = done;
      const chunk = await outer.scope(`chunk${i}`, async (s) => {
        const x = s.upload(framesOf(video, span)); // (B, 3, Tᵢ, H, W)
        const encoded = await encoderChunk(s, tokenizer, x, before); // (B, 32, t, 2h, 2w)
        const moments = patchify(s, encoded.y); // (B, 128, t, h, w)
        const own = { start: from, end: from + moments.shape[2] };
        const draw = noise && s.upload(framesOf(noise, own)); // (B, 64, t, h, w)
        const sample = posteriorSample(s, moments, draw); // (B, 64, t, h, w)
        return { y: await projectDown(s, tokenizer.weights, sample), cache: encoded.cache }; // (B, 64, t, h, w)
      });
      outer.free(before);
      cache = chunk.cache;
      features.push(chunk.y);
      done += chunk.y.shape[2];
    }
    return outer.concat(features, 2); // (B, 64, (T−1)/4 + 1, h, w)
  });
}

/**
 * Shape of the features of a video: (B, 3, T, H, W) → (B, 64, (T−1)/4 + 1, H/16, W/16).
 * @throws ShapeError if such a video cannot be encoded
 */
export function featureShape(config: TokenizerConfig, video: readonly number[]): number[] {
  const [B = 0, C = 0, T = 0, H = 0, W = 0] = video;
  const [side, step] = [pixelsPerFeature(config), framesPerLatent(config)];
  if (video.length !== 5 || B < 1 || C !== config.in_channels) {
    throw new ShapeError('video', `[B, ${config.in_channels}, T, H, W]`, [...video]);
  }
  if (T < 1 || (T - 1) % step !== 0) {
    const near = T < 1 ? 1 : T - ((T - 1) % step);
    throw new ShapeError('video', `a number of frames of the form ${step}k + 1, such as ${near} or ${near + step}`, T);
  }
  if (H < side || W < side || H % side !== 0 || W % side !== 0) {
    throw new ShapeError('video', `height and width that are multiples of ${side}`, [H, W]);
  }
  return [B, featureChannels(config), (T - 1) / step + 1, H / side, W / side];
}
