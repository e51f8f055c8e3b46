/** PNG pictures, by pngjs. Its decoder trusts the header and inflates interlaced data without bound: checked first. */

import { inflateSync } from 'node:zlib';
import { PNG } from 'pngjs';
import { hostTensor, rowMajor } from '../array/host.ts';
import { FileError } from '../errors.ts';
import type { Picture } from './picture.ts';
import { dropAlpha } from './picture.ts';
import type { Chunk } from './png-chunks.ts';
import { checkDataLength, readChunks, readHeader, writeChunks } from './png-chunks.ts';

/**
 * Any PNG: 1 to 16 bits, gray, palette or colour, interlaced or not → (H, W, 3).
 * @throws FileError if the file is truncated, damaged or too large.
 */
export function decodePng(bytes: Uint8Array, file: string): Picture {
  // Without tRNS the colours of transparent pixels stay as they are stored.
  const chunks = readChunks(bytes, file).filter(({ type }) => type !== 'tRNS');
  const { width, height } = readHeader(chunks, file);
  return hostTensor(dropAlpha(decodeChunks(chunks, file)), [height, width, 3]); // (H, W, 3)
}

/** The pixels of a PNG given by its chunks: height·width·4 bytes, RGBA. @throws FileError */
export function decodeChunks(chunks: readonly Chunk[], file: string): Uint8Array {
  const header = readHeader(chunks, file);
  const data = chunks.filter(({ type }) => type === 'IDAT').map((chunk) => chunk.data);
  checkDataLength(file, header, data.reduce((sum, { length }) => sum + length, 0));
  try {
    if (header.interlaced) {
      // Seven passes have at most one more filter byte a row than twice the rows.
      const raw = Math.ceil((header.width * header.bits) / 8 + 8) * header.height + 2 * header.height + 64;
      inflateSync(Buffer.concat(data), { maxOutputLength: raw });
    }
    const png = PNG.sync.read(Buffer.from(writeChunks(chunks)));
    if (png.data.length !== header.width * header.height * 4) throw new Error('wrong number of pixels');
    return png.data;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'the compressed data is broken';
    throw new FileError(file, `is damaged: ${reason}`, { cause });
  }
}

/** (H, W, 3) → an 8-bit RGB PNG. */
export function encodePng(picture: Picture): Uint8Array {
  const [height, width] = picture.shape as [number, number, number];
  const png = new PNG({ width, height });
  png.data = Buffer.from(rowMajor(picture));
  return new Uint8Array(PNG.sync.write(png, { inputHasAlpha: false, colorType: 2, deflateLevel: 6, filterType: 4 }));
}
