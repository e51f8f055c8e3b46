/** Views of the toy world as captioned videos, which the transformer is trained on. */

import { hostTensor } from '../array/host.ts';
import type { CaptionedVideos } from '../training/run/features.ts';
import type { ToyWorld } from './dataset.ts';
import { renderVideo, SIDE } from './render.ts';

export function scenesOf(world: ToyWorld): CaptionedVideos {
  return {
    caption: (index) => world.sample(index).caption,
    video: (first, count, frames) => world.batch(first, count, frames).video, // (B, 3, T, 64, 64)
  };
}

/** Stories of two clips; the caption is that of the second, after the turn. */
export function turnsOf(world: ToyWorld): CaptionedVideos {
  return {
    caption: (index) => world.story(index).captions[1],
    video: (first, count, frames) => {
      const size = 3 * frames * SIDE * SIDE;
      const values = new Float32Array(count * size);
      for (let i = 0; i < count; i++) values.set(renderVideo(world.story(first + i).scene, frames).video.data, i * size);
      return hostTensor(values, [count, 3, frames, SIDE, SIDE]); // (B, 3, T, 64, 64)
    },
  };
}
