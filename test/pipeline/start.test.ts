/** How much of a video a generation goes on from. The shipped model: 8 frames a second, clips of 16, 65 at most. */

import { describe, expect, it } from 'vitest';
import { hostTensor } from '../../src/array/host.ts';
import { decodeApng, encodeApng } from '../../src/io/apng.ts';
import { decodeGif, encodeGif } from '../../src/io/gif.ts';
import type { Video } from '../../src/io/picture.ts';
import { defaultModel } from '../../src/model/default.ts';
import { readModelConfig } from '../../src/model/directory.ts';
import { chosenStart, planGenerate } from '../../src/pipeline/generate.ts';

const config = await readModelConfig(defaultModel());
const numbers = (count: number) => Uint8Array.from({ length: count * 3 }, (_, i) => Math.floor(i / 3));
const frames = (count: number) => hostTensor(numbers(count), [count, 1, 1, 3]);
const plan = (start: Video, more: { frames?: number; startAt?: number } = {}) => {
  return planGenerate({ config }, { prompt: 'x', start, ...more });
};

describe('a video to go on from', () => {
  it('keeps all its frames when the project itself wrote it', () => {
    for (const start of [decodeGif(encodeGif(frames(17), 8), 'a.gif'), decodeApng(encodeApng(frames(17), 8), 'a.apng')]) {
      expect(plan(start)).toMatchObject({ startFrames: 17, frames: 33 });
    }
  });

  it('may have any length: as much of its end is taken as leaves room for a clip', () => {
    expect(plan({ frames: frames(193), fps: 16 })).toMatchObject({ startFrames: 49, frames: 65 }); // 12 seconds
    expect(plan({ frames: frames(33), fps: 8 })).toMatchObject({ startFrames: 33, frames: 49 });
    expect(plan({ frames: frames(193), fps: 16 }, { frames: 33 })).toMatchObject({ startFrames: 17, frames: 33 });
    expect(plan({ frames: frames(193), fps: null }, { frames: 49 })).toMatchObject({ startFrames: 33, frames: 49 });
  });

  it('is taken from the chosen second on', () => {
    expect(plan({ frames: frames(65), fps: 8 }, { startAt: 5 })).toMatchObject({ startFrames: 17 }); // 3 seconds are left
    expect(plan({ frames: frames(65), fps: 8 }, { startAt: 0, frames: 33 })).toMatchObject({ startFrames: 17 });
    expect(chosenStart({ frames: frames(65), fps: 8 }, 2.5, 8).frames.get(0, 0, 0, 0)).toBe(20);
    const long = { frames: frames(65), fps: 8 };
    expect(() => plan(long, { startAt: 7 })).toThrow('at least 17 frames at 8 a second, got \'9 frames\'');
    expect(() => plan({ frames: frames(65), fps: 8 }, { startAt: 9 })).toThrow('startAt: expected a second from 0 to 8');
  });

  it('must be shorter than the result', () => {
    const long = { frames: frames(65), fps: 8 };
    expect(() => plan(long, { frames: 17 })).toThrow('frames: expected more than the 17 that are given');
  });
});
