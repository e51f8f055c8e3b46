/** Views of the toy world as captioned videos, which the transformer is trained on. */

import { hostTensor } from '../array/host.ts';
import type { CaptionedVideos } from '../training/data/videos.ts';
import type { ToyWorld } from './dataset.ts';
import { renderVideo, SIDE } from './render.ts';

export function scenesOf(world: ToyWorld): CaptionedVideos {
  return { caption: (index) => world.sample(index).caption, batch: (...which) => world.batch(...which) };
}

/** Stories of two clips; the caption is that of the second, after the turn. */
export function turnsOf(world: ToyWorld): CaptionedVideos {
  return {
    caption: (index) => world.story(index).captions[1],
    batch: (first, count, frames) => {
      const plane = frames * SIDE * SIDE;
      const values = new Float32Array(count * 3 * plane); // (B, 3, T, H, W)
      const shares = new Float32Array(count * plane); // (B, T, H, W)
      for (let i = 0; i < count; i++) {
        const { video, foreground } = renderVideo(world.story(first + i).scene, frames);
        values.set(video.data, i * 3 * plane);
        shares.set(foreground.data, i * plane);
      }
      return {
        video: hostTensor(values, [count, 3, frames, SIDE, SIDE]),
        foreground: hostTensor(shares, [count, 1, frames, SIDE, SIDE]),
      };
    },
  };
}
