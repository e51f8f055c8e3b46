import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostTensor, rowMajor } from '../../src/array/host.ts';
import { FileError } from '../../src/errors.ts';
import { decodeApng, encodeApng } from '../../src/io/apng.ts';
import { decodeGif, encodeGif } from '../../src/io/gif.ts';
import { decodeJpeg } from '../../src/io/jpeg.ts';
import { frameAt } from '../../src/io/picture.ts';
import { decodePng, encodePng } from '../../src/io/png.ts';
import { readChunks, writeChunks } from '../../src/io/png-chunks.ts';
import { apng, cmykJpeg, gifs, jpegs, pngs } from './samples.ts';

const bytesOf = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'));
const sha = (bytes: Uint8Array, digits = 16) => createHash('sha256').update(bytes).digest('hex').slice(0, digits);

/** Videos of a few small frames. */
const videos = fc
  .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }))
  .chain(([t, h, w]) => {
    const length = t * h * w * 3;
    const bytes = fc.uint8Array({ minLength: length, maxLength: length });
    return bytes.map((data) => hostTensor(data, [t, h, w, 3]));
  });

describe('PNG', () => {
  it('gives every picture back', () => {
    fc.assert(fc.property(videos, (frames) => {
      const picture = frameAt(frames, frames.shape[0] - 1);
      const back = decodePng(encodePng(picture), 'a.png');
      expect(back.shape).toEqual(picture.shape);
      expect(back.data).toEqual(rowMajor(picture));
    }));
  });

  const a = Array.from({ length: 45 }, (_, i) => i);
  const gray = (values: number[]) => values.flatMap((value) => [value, value, value]);
  it.each([
    ['gray8', gray(a.map((i) => i * 5))],
    ['gray16', gray(a.map((i) => Math.round((i * 1400) / 257)))],
    ['bit1', gray(a.map((i) => (i % 3 === 0 ? 255 : 0)))],
    ['rgba', a.flatMap((i) => [i * 5, i * 3, 255 - i * 2])],
    ['rgbtrns', a.flatMap((i) => [i * 5, i * 3, 255 - i * 2])],
  ] as const)('reads %s; transparency is dropped', (name, expected) => {
    const got = decodePng(bytesOf(pngs[name]), name);
    expect(got.shape).toEqual([5, 9, 3]);
    expect([...got.data]).toEqual(expected);
  });

  it('reads palettes', () => {
    expect(sha(rowMajor(decodePng(bytesOf(pngs.palette), 'palette')))).toBe('7ec1586ce0693b86');
  });

  it('refuses absurd sizes before allocating', () => {
    const [header, ...rest] = readChunks(bytesOf(pngs.gray8), 'a.png');
    const claim = (width: number, height: number) => {
      const data = header.data.slice();
      new DataView(data.buffer).setUint32(0, width);
      new DataView(data.buffer).setUint32(4, height);
      return () => decodePng(writeChunks([{ type: 'IHDR', data }, ...rest]), 'a.png');
    };
    expect(claim(0, 4)).toThrow('an empty size');
    expect(claim(2 ** 31, 2 ** 31)).toThrow('at most');
    expect(claim(8000, 8000)).toThrow('MiB to read it; at most');
    expect(claim(2000, 2000)).toThrow('cannot hold');
  });

  it('fails cleanly when chunks with right checksums are wrong', () => {
    const chunks = readChunks(bytesOf(pngs.palette), 'a.png');
    const flip = fc.tuple(fc.nat(chunks.length - 1), fc.nat(200), fc.integer({ min: 1, max: 255 }));
    fc.assert(fc.property(flip, ([which, at, change]) => {
      const damaged = chunks.map(({ type, data }) => ({ type, data: data.slice() }));
      const { data } = damaged[which];
      if (data.length > 0) data[at % data.length] ^= change;
      return onlyTyped(() => decodePng(writeChunks(damaged), 'a.png'));
    }), { numRuns: 2000 });
  });
});

describe('APNG', () => {
  it('gives every video back', () => {
    fc.assert(fc.property(videos, fc.constantFrom(1, 8, 16, 29.97, 60), (frames, fps) => {
      const back = decodeApng(encodeApng(frames, fps), 'a.apng');
      expect(back.frames.shape).toEqual(frames.shape);
      expect(rowMajor(back.frames)).toEqual(rowMajor(frames));
      expect(back.fps).toBe(fps);
    }));
  });

  it('is a PNG whose picture is the first frame', () => {
    const frames = hostTensor(Uint8Array.from({ length: 24 }, (_, i) => i), [2, 2, 2, 3]);
    expect(decodePng(encodeApng(frames, 8), 'a.png').data).toEqual(rowMajor(frameAt(frames, 0)));
  });

  it('draws partial frames as Pillow shows them', () => {
    const { frames, fps } = decodeApng(bytesOf(apng.base64), 'a.apng');
    expect(apng.frames.map((_, t) => sha(rowMajor(frameAt(frames, t)), 8))).toEqual(apng.frames);
    expect(fps).toBe(8);
  });
});

describe('GIF', () => {
  it('gives frames of few colours back exactly, at the mean rate', () => {
    fc.assert(fc.property(videos, (frames) => {
      const back = decodeGif(encodeGif(frames, 16), 'a.gif');
      expect(back.frames.shape).toEqual(frames.shape);
      expect(rowMajor(back.frames)).toEqual(rowMajor(frames));
    }));
    const long = hostTensor(new Uint8Array(80 * 3), [80, 1, 1, 3]);
    expect(decodeGif(encodeGif(long, 16), 'a.gif').fps).toBe(16);
  });

  it('keeps frames of many colours close', () => {
    const data = Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => [i % 192, Math.floor(i / 192) * 4, 128][i % 3]);
    const back = rowMajor(decodeGif(encodeGif(hostTensor(data, [1, 64, 64, 3]), 16), 'a.gif').frames);
    expect(back.reduce((sum, value, i) => sum + Math.abs(value - data[i]), 0) / data.length).toBeLessThan(6);
  });

  const likePillow = gifs.filter(({ disposal }) => disposal !== 3);
  it.each(likePillow)('draws over disposal $disposal as Pillow', ({ base64, frames }) => {
    const video = decodeGif(bytesOf(base64), 'a.gif');
    expect(frames.map((_, t) => sha(rowMajor(frameAt(video.frames, t)), 8))).toEqual(frames);
  });

  it('restores what was before a frame', () => {
    const { frames } = decodeGif(bytesOf(gifs[2].base64), 'a.gif');
    const pixel = (t: number, y: number, x: number) => [0, 1, 2].map((c) => frames.get(t, y, x, c));
    expect(pixel(0, 0, 0)).toEqual([200, 30, 30]);
    expect(pixel(1, 0, 0)).toEqual([0, 255, 90]); // the patch of frame 1, on what was before frame 0: nothing
    expect(pixel(2, 0, 0)).toEqual([255, 255, 255]);
    expect(pixel(2, 3, 4)).toEqual([20, 215, 90]);
  });

  it('refuses frames with too little data before allocating', () => {
    const bytes = bytesOf(gifs[0].base64);
    const image = bytes.indexOf(0x2c);
    for (const at of [6, image + 5]) bytes.set([0xd0, 0x07, 0xd0, 0x07], at); // 2000×2000
    expect(() => decodeGif(bytes, 'a.gif')).toThrow('too little data');
    for (const at of [6, image + 5]) bytes.set([0x40, 0x1f, 0x40, 0x1f], at); // 8000×8000
    expect(() => decodeGif(bytes, 'a.gif')).toThrow('claims 4 frames of 8000×8000 pixels: 1160 MiB to read it');
  });
});

describe('JPEG', () => {
  it.each(jpegs)('decodes $name as libjpeg does', async ({ base64, size, sha: expected }) => {
    const got = await decodeJpeg(bytesOf(base64), 'a.jpg');
    expect(got.shape).toEqual([...size, 3]);
    expect(sha(rowMajor(got))).toBe(expected);
  });

  it('refuses what would take minutes or gigabytes', async () => {
    const bytes = bytesOf(jpegs[1].base64);
    const frame = Buffer.from(bytes).indexOf(Buffer.of(0xff, 0xc2));
    const sized = (height: number, width: number) => {
      const out = bytes.slice();
      out.set([height >> 8, height & 255, width >> 8, width & 255], frame + 5);
      return out;
    };
    await expect(decodeJpeg(sized(8000, 8000), 'a.jpg')).rejects.toThrow(/goes over 8000×8000 pixels in \d+ JPEG scans/);
    await expect(decodeJpeg(sized(5000, 5000), 'a.jpg')).rejects.toThrow(/5000×5000 pixels: \d+ MiB to read it; at most 161/);
    const end = bytes.length - 2;
    const scan = Buffer.from(bytes).lastIndexOf(Buffer.of(0xff, 0xda));
    const again = Array.from({ length: 100 }, () => [...bytes.subarray(scan, end)]).flat();
    const many = Uint8Array.from([...bytes.subarray(0, end), ...again, 0xff, 0xd9]);
    await expect(decodeJpeg(many, 'a.jpg')).rejects.toThrow('over 100 JPEG scans');
  });

  it('refuses CMYK', async () => {
    await expect(decodeJpeg(bytesOf(cmykJpeg), 'a.jpg')).rejects.toThrow('4 components');
  });

  it('refuses every truncation; no changed byte crashes it', async () => {
    const bytes = bytesOf(jpegs[1].base64);
    for (let length = 0; length < bytes.length; length++) {
      await expect(decodeJpeg(bytes.subarray(0, length), 'cut.jpg')).rejects.toThrow(FileError);
    }
    for (let at = 2; at < bytes.length; at++) {
      const damaged = bytes.slice();
      damaged[at] ^= 1 << at % 8;
      const error = await decodeJpeg(damaged, 'flip.jpg').then(() => undefined, (e: unknown) => e);
      if (error !== undefined) expect(error).toBeInstanceOf(FileError);
    }
  });
});

describe.each([
  ['PNG', pngs.palette, decodePng],
  ['APNG', apng.base64, decodeApng],
  ['GIF', gifs[0].base64, decodeGif],
  ['GIF with disposal', gifs[2].base64, decodeGif],
] as const)('a damaged %s', (_name, base64, decode) => {
  const bytes = bytesOf(base64);

  it('is refused wherever it is cut off', () => {
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decode(bytes.subarray(0, length), 'cut')).toThrow(FileError);
    }
  });

  it('gives a typed error or a picture for any changed bytes', () => {
    const change = fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 0, max: 255 }));
    fc.assert(fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
      const damaged = bytes.slice();
      for (const [at, value] of changes) damaged[at] = value;
      return onlyTyped(() => decode(damaged, 'flip'));
    }), { numRuns: 2000 });
  });
});

function onlyTyped(body: () => unknown): boolean {
  try {
    body();
    return true;
  } catch (error) {
    return error instanceof FileError;
  }
}
