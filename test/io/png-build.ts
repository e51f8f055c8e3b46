/** PNG files made by hand, right or wrong in any place. */

import { deflateSync } from 'node:zlib';
import { writeChunks } from '../../src/io/png-chunks.ts';

export interface PngParts {
  readonly width: number;
  readonly height: number;
  readonly depth?: number;
  /** 0 gray, 2 RGB, 3 palette, 4 gray and alpha, 6 RGBA. */
  readonly type?: number;
  readonly interlaced?: boolean;
  /** Filtered rows, before compression. */
  readonly raw: Uint8Array;
}

export const ihdr = ({ width, height, depth = 8, type = 2, interlaced = false }: Omit<PngParts, 'raw'>) => {
  const data = Buffer.alloc(13);
  data.writeUInt32BE(width, 0);
  data.writeUInt32BE(height, 4);
  data.set([depth, type, 0, 0, interlaced ? 1 : 0], 8);
  return { type: 'IHDR', data: new Uint8Array(data) };
};

export const iend = { type: 'IEND', data: new Uint8Array(0) };

export const zlibOf = (raw: Uint8Array) => new Uint8Array(deflateSync(raw));

/** @param more chunks before the data. */
export function pngOf(parts: PngParts, more: readonly { type: string; data: Uint8Array }[] = []): Uint8Array {
  return writeChunks([ihdr(parts), ...more, { type: 'IDAT', data: zlibOf(parts.raw) }, iend]);
}
