import { describe, expect, it } from 'vitest';
import { hostTensor, rowMajor } from '../../src/array/host.ts';
import { toBytes } from '../../src/sampler/frames.ts';

/** One pixel per frame, one channel value per colour: (1, 3, T, 1, 1). */
function video(...frames: readonly (readonly [number, number, number])[]) {
  const values = [0, 1, 2].flatMap((channel) => frames.map((frame) => frame[channel]));
  return hostTensor(Float32Array.from(values), [1, 3, frames.length, 1, 1]);
}

describe('frames', () => {
  it('are truncated, not rounded, and clipped', () => {
    expect([...rowMajor(toBytes(video([-1, 1, 0])))]).toEqual([0, 255, 127]);
    expect([...rowMajor(toBytes(video([-7, 9, 0.999])))]).toEqual([0, 255, 254]);
  });

  it('overwrite frame 0 by frame 1 as released, unless told not to', () => {
    const three = video([-1, -1, -1], [1, 0, -1], [0, 0, 0]);
    expect([...rowMajor(toBytes(three))]).toEqual([255, 127, 0, 255, 127, 0, 127, 127, 127]);
    expect([...rowMajor(toBytes(three, { smooth: false }))]).toEqual([0, 0, 0, 255, 127, 0, 127, 127, 127]);
  });

  it('leave a single picture alone', () => {
    const bytes = toBytes(video([1, 0, -1]));
    expect(bytes.shape).toEqual([1, 1, 1, 1, 3]);
    expect([...rowMajor(bytes)]).toEqual([255, 127, 0]);
  });

  it('are RGB, or BGR for OpenCV', () => {
    expect([...rowMajor(toBytes(video([1, 0, -1]), { channels: 'bgr' }))]).toEqual([0, 127, 255]);
  });
});
