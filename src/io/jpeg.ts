/**
 * JPEG pictures by @jsquash/jpeg, which is libjpeg (mozjpeg) as WebAssembly: baseline and progressive, turned
 * as EXIF says. Its pixels equal those of PIL and OpenCV; jpeg-js, in plain JavaScript, upsamples chroma in
 * another way and is off by up to 84 steps at edges.
 */

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { MozJpegDecoder } from '@jsquash/jpeg/codec/dec/mozjpeg_dec.js';
import { hostTensor } from '../array/host.ts';
import { FileError } from '../errors.ts';
import { checkJpeg } from './jpeg-markers.ts';
import type { Picture } from './picture.ts';
import { dropAlphaInto } from './picture.ts';

/** libjpeg goes on with gray after these; we do not. */
const FATAL_WARNING = /premature end|bad Huffman|bad progression|Invalid/;

let compiled: Promise<WebAssembly.Module> | undefined;

/**
 * → (H, W, 3)
 * @throws FileError if the file is truncated, damaged, too large, CMYK or not 8-bit.
 */
export async function decodeJpeg(bytes: Uint8Array, file: string): Promise<Picture> {
  checkJpeg(bytes, file);
  const messages: string[] = [];
  const codec = await newCodec((line) => messages.push(line));
  try {
    const decoded = codec.decode(bytes, true); // true: turn as EXIF says
    if (decoded === null) throw new Error('no picture');
    const { width, height, data } = decoded;
    const warning = messages.find((message) => FATAL_WARNING.test(message));
    if (warning !== undefined) throw new Error(warning);
    // In place: the picture is in memory twice already.
    const rgb = new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, height * width * 3);
    dropAlphaInto(rgb, data);
    return hostTensor(rgb, [height, width, 3]); // (H, W, 3)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : (messages.at(-1) ?? 'cannot be decoded');
    throw new FileError(file, `is damaged: ${reason}`, { cause });
  }
}

/** A fresh instance, since one that failed keeps its memory. */
async function newCodec(printErr: (line: string) => void): Promise<MozJpegDecoder> {
  const { default: create } = await import('@jsquash/jpeg/codec/dec/mozjpeg_dec.js');
  compiled ??= compileCodec();
  const code = await compiled;
  return create({
    noInitialRun: true,
    printErr,
    instantiateWasm(imports, callback) {
      const instance = new WebAssembly.Instance(code, imports);
      callback(instance);
      return instance.exports;
    },
  });
}

async function compileCodec(): Promise<WebAssembly.Module> {
  const path = createRequire(import.meta.url).resolve('@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm');
  return WebAssembly.compile(await readFile(path));
}
