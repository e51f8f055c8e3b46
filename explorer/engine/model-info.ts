/** What the page needs to know of a model: nothing about it is written into the page. */

import { defaultFrames, FRAMES_PER_LATENT, pixelSize, planSchedule, samplingOf } from '../../src/browser.ts';
import type { Model } from '../../src/browser.ts';
import type { ModelInfo } from './protocol.ts';

/** Longer videos take long on a page. */
const LONGEST = 65;

export function modelInfo({ config }: Model, backend: string): ModelInfo {
  const { transformer: t, sampling, schedule } = config;
  const step = schedule.duration_resolution * FRAMES_PER_LATENT;
  const lengths = [1];
  for (let frames = 1 + step; frames <= Math.min(LONGEST, schedule.video_frames); frames += step) lengths.push(frames);
  const picture = planSchedule(schedule, 1);
  const usual = samplingOf(sampling, {}, planSchedule(schedule, defaultFrames(schedule)));
  const [height, width] = pixelSize(picture);
  return {
    name: config.name, backend, depth: t.depth, heads: t.num_heads, keyHeads: t.num_key_value_heads,
    headDim: t.embed_dim / t.num_heads, textMax: t.text_maxlen,
    cfg: usual.cfg[0], guidance: sampling.use_apg === 1 ? 'apg' : 'cfg', threshold: sampling.apg_norm_threshold,
    tauImage: usual.tau[0], tauVideo: usual.tau.at(-1)!,
    lengths, defaultFrames: defaultFrames(schedule), scalesPerClip: picture.scalesPerClip,
    fullSize: [height / 16, width / 16], fps: schedule.fps,
  };
}
