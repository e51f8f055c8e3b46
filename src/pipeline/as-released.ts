/**
 * Where the released scripts do otherwise than one would think (docs/released.md): kept behind `asReleased`, so that a run
 * can be compared with theirs.
 *
 *   continuing      the first 5 s (one clip) of the video, whatever follows them; height / width 0.571, whatever the start's
 *   stories         the first prompt tells the given clip and is passed over; every clip starts the same random stream
 *   both            the window of `get_clip` for videos of the model's rate too; the posterior of the given frames is drawn
 *
 * Source: tools/infer_video_480p.py, tools/infer_interact_480p.py, wan_bsq_vae.py:encode_for_raw_features.
 */

import type { HostTensor } from '../array/host.ts';
import { ArgumentError } from '../errors.ts';
import type { Video } from '../io/picture.ts';
import type { SamplingConfig } from '../model/config.ts';
import { framesOfLatents } from '../pyramid/schedule.ts';
import { noiseUniforms, normals } from '../sampler/normals.ts';
import { featureShape } from '../tokenizer/encode.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';

export interface ReleasedBehaviour {
  /** Do what the released scripts do. */
  readonly asReleased?: boolean;
  /** What the tokenizer makes of given frames: the mean of its posterior, or a draw from it; as released: a draw;
   * else the model's own setting, or the mean. */
  readonly posterior?: 'mean' | 'draw';
}

/**
 * Frames of a start that are used as released: 1 of a picture, one clip of a video.
 * @throws ArgumentError if the video is shorter than the clip.
 */
export function releasedStartFrames({ frames, fps }: Video, rate: number, clipLatents: number): number {
  const [count] = frames.shape;
  if (count === 1) return 1;
  const clip = framesOfLatents(1 + clipLatents) - 1;
  const [seconds, needed] = [count / (fps ?? rate), clip / rate];
  if (seconds < needed) throw new ArgumentError('start', `a picture, or a video of at least ${needed} s`, `${seconds} s`);
  return 1 + clip;
}

/** What a request takes of the posterior, or else the model does. @throws ArgumentError if it is neither. */
export function posteriorOf({ asReleased = false, posterior }: ReleasedBehaviour, config: Pick<SamplingConfig, 'posterior'>): 'mean' | 'draw' {
  const chosen = posterior ?? (asReleased ? 'draw' : (config.posterior ?? 'mean'));
  if (chosen !== 'mean' && chosen !== 'draw') throw new ArgumentError('posterior', "'mean' or 'draw'", chosen);
  return chosen;
}

/** Noise for the posterior of a video (1, 3, T, H, W), or none for its mean. */
export function posteriorNoise(
  posterior: 'mean' | 'draw', tokenizer: Tokenizer, video: HostTensor, seed: number,
): HostTensor | undefined {
  return posterior === 'draw' ? normals(noiseUniforms(seed), featureShape(tokenizer.config, video.shape)) : undefined;
}
