/** Views of the toy world as captioned videos, which the transformer is trained on. */

import type { CaptionedVideos } from '../training/data/videos.ts';
import { renderScenes } from './dataset.ts';
import type { ToyWorld } from './dataset.ts';

export function scenesOf(world: ToyWorld): CaptionedVideos {
  return { caption: (index) => world.sample(index).caption, batch: (...which) => world.batch(...which) };
}

/** Stories of two clips; the caption is that of the second, after the turn. */
export function turnsOf(world: ToyWorld): CaptionedVideos {
  return {
    caption: (index) => world.story(index).captions[1],
    batch: (first, count, frames) => {
      return renderScenes(Array.from({ length: count }, (_, i) => world.story(first + i).scene), frames);
    },
  };
}
