/** WebP in Node, where the decoder's code is a file of its package (webp-decode.ts; in browsers webp-browser.ts). */

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import create from '@jsquash/webp/codec/dec/webp_dec.js';
import type { WebpDecoder } from '@jsquash/webp/codec/dec/webp_dec.js';
import type { Video } from './picture.ts';
import { decodeWebpWith, webpCanvases } from './webp-decode.ts';
import type { WebpCanvases } from './webp-decode.ts';

let compiled: Promise<WebAssembly.Module> | undefined;

/**
 * Any WebP picture, as one frame, or animation → (T, H, W, 3).
 * @throws FileError if the file is truncated, damaged or too large.
 */
export function decodeWebp(bytes: Uint8Array, file: string): Promise<Video> {
  return decodeWebpWith(newDecoder, bytes, file);
}

/** With alpha, frame after frame. @throws FileError as {@link decodeWebp}. */
export function decodeWebpCanvases(bytes: Uint8Array, file: string): Promise<WebpCanvases> {
  return webpCanvases(newDecoder, bytes, file);
}

/** A fresh instance, since one that failed keeps its memory. */
async function newDecoder(): Promise<WebpDecoder> {
  compiled ??= compileDecoder();
  const code = await compiled;
  return create({
    noInitialRun: true,
    printErr: () => undefined, // libwebp says nothing that its result does not
    instantiateWasm(imports, callback) {
      const instance = new WebAssembly.Instance(code, imports);
      callback(instance);
      return instance.exports;
    },
  });
}

async function compileDecoder(): Promise<WebAssembly.Module> {
  const path = createRequire(import.meta.url).resolve('@jsquash/webp/codec/dec/webp_dec.wasm');
  return WebAssembly.compile(await readFile(path));
}
