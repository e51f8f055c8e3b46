/** WebP in browsers, where bundlers and `npm run build:browser` put the decoder's code, webp_dec.wasm, beside the script. */

import create from '@jsquash/webp/codec/dec/webp_dec.js';
import type { Video } from './picture.ts';
import { decodeWebpWith } from './webp-decode.ts';

/**
 * Any WebP picture, as one frame, or animation → (T, H, W, 3), to go on from (`start` of a request).
 * @param name names it in errors.
 * @throws FileError if the file is truncated, damaged or too large.
 */
export function decodeWebp(bytes: Uint8Array, name = 'picture.webp'): Promise<Video> {
  return decodeWebpWith(() => create({ noInitialRun: true, printErr: () => undefined }), bytes, name);
}
