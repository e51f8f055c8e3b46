import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostTensor } from '../../src/array/host.ts';
import { decodeApng, encodeApng } from '../../src/io/apng.ts';
import { fractionOf, framesAtRate, rateOf } from '../../src/io/frame-rate.ts';
import { decodeGif, encodeGif } from '../../src/io/gif.ts';

const still = (count: number) => hostTensor(new Uint8Array(count * 3), [count, 1, 1, 3]);

describe('the rate of a file that the project wrote', () => {
  const back = (count: number, fps: number) => decodeGif(encodeGif(still(count), fps), 'a.gif').fps;

  it('comes back exactly from GIF', () => {
    // Few frames may fit several rates: five of 33 a second last 3 hundredths each, as those of 30 do when cut.
    for (let fps = 1; fps <= 50; fps++) {
      for (const count of [41, 161]) expect([fps, count, back(count, fps)]).toEqual([fps, count, fps]);
    }
    for (const fps of [1, 4, 8, 10, 12, 15, 16, 20, 24, 25, 30, 50]) {
      for (let count = 5; count < 41; count += 3) expect([fps, count, back(count, fps)]).toEqual([fps, count, fps]);
    }
  });

  it('comes back exactly from APNG', () => {
    for (const fps of [0.5, 1, 7, 8, 10, 12, 12.5, 16, 24, 25, 29.97, 30, 48, 50, 60, 90, 120, 24000 / 1001, 30000 / 1001]) {
      for (const count of [2, 17, 81]) expect([fps, decodeApng(encodeApng(still(count), fps), 'a.apng').fps]).toEqual([fps, fps]);
    }
  });

  it('is refused where no browser would show it', () => {
    expect(() => encodeGif(still(2), 60)).toThrow('fps: expected a rate up to 50 for .gif');
    expect(() => encodeApng(still(2), 70000)).toThrow('for .apng');
    expect(() => encodeApng(still(2), Infinity)).toThrow('for .apng');
  });
});

describe('rateOf', () => {
  it.each([
    // hundredths, as Pillow cuts 1000/rate milliseconds
    [[12, 12, 12], 100, 8], [[6, 6, 6], 100, 16], [[3, 3], 100, 30], [[4, 4], 100, 25], [[8, 8, 8], 100, 12.5], [[7, 7], 100, 15],
    [[10, 10], 100, 10], [[5], 100, 20], [[2, 2], 100, 50], [[13, 13], 100, 8], [[100], 100, 1],
    // as ffmpeg rounds moments
    [[3, 4, 3, 3, 4, 3], 100, 30], [[6, 7, 6, 6, 6, 7, 6, 6], 100, 16], [[13, 12, 13, 12], 100, 8],
    // thousandths
    [[33, 33], 1000, 30], [[62, 62, 62], 1000, 16], [[41, 42, 42], 1000, 24], [[17, 17], 1000, 60], [[16, 16], 1000, 60],
    [[125], 1000, 8], [[71, 71], 1000, 14],
    // nothing that people use: as it stands
    [[10, 10, 10, 200], 100, 400 / 230], [[11, 3, 40], 100, 300 / 54],
    // a clock of the file's own
    [[1001, 1001], 30000, 30000 / 1001], [[2, 2], 33, 16.5],
  ])('takes delays of %j ticks, %i a second, for %f frames a second', (delays, ticks, rate) => {
    expect(rateOf(delays, ticks)).toBe(rate);
  });
});

it('a delay of none or one hundredth is shown as ten, as browsers do', () => {
  const bytes = encodeGif(still(4), 50);
  for (let at = bytes.indexOf(0xf9); at >= 0; at = bytes.indexOf(0xf9, at + 1)) bytes[at + 3] = 1;
  expect(decodeGif(bytes, 'a.gif').fps).toBe(10);
});

describe('framesAtRate', () => {
  it('keeps every frame of a video at the same rate, whatever the fraction', () => {
    const rate = fc.tuple(fc.integer({ min: 1, max: 120_000 }), fc.integer({ min: 1, max: 1001 })).map(([n, d]) => n / d);
    fc.assert(fc.property(fc.integer({ min: 1, max: 10_000 }), rate, (count, fps) => framesAtRate(count, fps, fps) === count));
  });

  it.each([[17, 8, 8, 17], [33, 16, 8, 17], [32, 16, 8, 16], [17, 25 / 3, 8, 16], [150, 30, 16, 80], [2, 30000 / 1001, 30, 2]])(
    '%i frames at %f are at %i a second %i', (count, fps, rate, frames) => expect(framesAtRate(count, fps, rate)).toBe(frames),
  );
});

it('fractionOf finds the fraction that a rate is', () => {
  expect([16, 0.5, 29.97, 30000 / 1001, 12.5].map((value) => fractionOf(value, 65535))).toEqual(
    [[16, 1], [1, 2], [2997, 100], [30000, 1001], [25, 2]],
  );
  fc.assert(fc.property(fc.double({ min: 1 / 65535, max: 65535, noNaN: true }), (value) => {
    const [n, d] = fractionOf(value, 65535);
    return n >= 0 && n <= 65535 && d >= 1 && d <= 65535 && Math.abs(n / d - value) <= 1 / d;
  }));
});
