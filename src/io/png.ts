/** PNG pictures: read by our own code, which checks everything before it trusts it; written by pngjs. */

import { PNG } from 'pngjs';
import { hostTensor, rowMajor } from '../array/host.ts';
import { FileError } from '../errors.ts';
import { checkMemory } from './memory-budget.ts';
import type { Picture } from './picture.ts';
import type { Chunk, PngHeader } from './png-chunks.ts';
import { checkDataLength, readChunks, readHeader } from './png-chunks.ts';
import { pixelsOf, rawLength } from './png-rows.ts';
import { inflateLength, SURPLUS } from './zlib-inflate.ts';

/**
 * Any PNG: 1 to 16 bits, gray, palette or colour, interlaced or not → (H, W, 3).
 * @throws FileError if the file is truncated, damaged or too large.
 */
export function decodePng(bytes: Uint8Array, file: string): Picture {
  const chunks = readChunks(bytes, file);
  const header = readHeader(chunks, file);
  const needed = rawLength(header) + SURPLUS + header.width * header.height * 3;
  checkMemory(file, needed, bytes.length, `${header.width}×${header.height} pixels`);
  // Without tRNS the colours of transparent pixels stay as they are stored.
  const pixels = decodeData(imageData(chunks), header, chunks, 3, file);
  return hostTensor(pixels, [header.height, header.width, 3]); // (H, W, 3)
}

/** The data of the (still) picture. */
export function imageData(chunks: readonly Chunk[]): Uint8Array[] {
  return chunks.filter(({ type }) => type === 'IDAT').map(({ data }) => data);
}

/**
 * Pixels of compressed data, of a still picture or of one frame.
 * @param chunks hold the palette and what is transparent.
 * @returns (H, W, channels) @throws FileError
 */
export function decodeData(
  data: readonly Uint8Array[],
  header: PngHeader,
  chunks: readonly Chunk[],
  channels: 3 | 4,
  file: string,
): Uint8Array {
  const length = rawLength(header);
  checkDataLength(file, length, data.reduce((sum, part) => sum + part.length, 0));
  const find = (type: string) => chunks.find((chunk) => chunk.type === type)?.data;
  const palette = find('PLTE') ?? new Uint8Array(0);
  if (palette.length % 3 !== 0 || palette.length > 768) throw new FileError(file, 'is damaged: a broken PNG palette');
  const transparency = find('tRNS');
  const colours = { palette, ...(transparency === undefined ? {} : { transparency }) };
  return pixelsOf(inflateLength(data, length, file), header, colours, channels, file);
}

/** (H, W, 3) → an 8-bit RGB PNG. */
export function encodePng(picture: Picture): Uint8Array {
  const [height, width] = picture.shape as [number, number, number];
  const png = new PNG({ width, height });
  png.data = Buffer.from(rowMajor(picture));
  return new Uint8Array(PNG.sync.write(png, { inputHasAlpha: false, colorType: 2, deflateLevel: 6, filterType: 4 }));
}
