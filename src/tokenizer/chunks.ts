/**
 * Temporal chunks: where a video or a latent is cut so that memory does not grow with its length.
 *
 * All chunks but the first have the same even length; the first takes the remainder as well. With the caches of the
 * causal convolutions the result is that of a single pass.
 *
 * Official infinity/models/videovae/models/wan_bsq_vae.py:AutoencoderKLCogVideoX._encode, _decode. Spec V8.
 */

/** Frames [start, end). */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Latent frames in a chunk. */
export const LATENT_FRAMES = 2;

/**
 * Chunks of `frames` video frames for encoding: two latent frames each, that is 8 for the released tokenizer, whose
 * first chunk has 8 + (frames mod 8) frames, or all where there are fewer than 16.
 * @param timeFactor video frames in a latent frame
 */
export function encodeChunks(frames: number, timeFactor: number): Span[] {
  const length = LATENT_FRAMES * timeFactor;
  return spans(frames, length, Math.max(1, Math.floor(frames / length)));
}

/**
 * Chunks of `latents` latent frames for decoding. The first chunk of an odd number has three (or one), of an even
 * number four; the official code has no chunk for exactly two latent frames and fails there, we decode them as one.
 */
export function decodeChunks(latents: number): Span[] {
  return spans(latents, LATENT_FRAMES, Math.max(1, Math.ceil(latents / LATENT_FRAMES) - 1));
}

/** `count` chunks, all but the first of `length`. */
function spans(total: number, length: number, count: number): Span[] {
  const first = total - (count - 1) * length;
  return Array.from({ length: count }, (_, i) => ({
    start: i === 0 ? 0 : first + (i - 1) * length,
    end: first + i * length,
  }));
}
