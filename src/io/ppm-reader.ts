/** Cuts a stream of PPM pictures of one size ("P6\nwidth height\n255\n", then RGB) into frames. */

import { FileError } from '../errors.ts';
import { checkSize } from './picture.ts';

export interface PpmOptions {
  /** How many frames are kept: the last ones. */
  readonly keep: number;
  /** Bytes of frames that may be kept. */
  readonly maxBytes: number;
}

export class PpmReader {
  private readonly frames: Uint8Array[] = [];
  private head = Buffer.alloc(0);
  private size: readonly [number, number] = [0, 0];
  private current: Uint8Array | undefined;
  private filled = 0;

  constructor(
    private readonly path: string,
    private readonly options: PpmOptions,
  ) {}

  /** @throws FileError if the frames are too large or too many. */
  push(chunk: Uint8Array): void {
    for (let rest = chunk; rest.length > 0; ) {
      if (this.current === undefined) {
        rest = this.startFrame(rest);
        continue;
      }
      const part = rest.subarray(0, this.current.length - this.filled);
      this.current.set(part, this.filled);
      this.filled += part.length;
      rest = rest.subarray(part.length);
      if (this.filled === this.current.length) {
        this.frames.push(this.current);
        if (this.frames.length > this.options.keep) this.frames.shift();
        this.current = undefined;
      }
    }
  }

  /** What has come; no frames if the stream was empty. @throws FileError if the last one is cut off. */
  end(): { frames: readonly Uint8Array[]; height: number; width: number } {
    if (this.current !== undefined || this.head.length > 0) throw new FileError(this.path, 'is truncated');
    const [width, height] = this.size;
    return { frames: this.frames, height, width };
  }

  private startFrame(bytes: Uint8Array): Uint8Array {
    const before = this.head.length;
    this.head = Buffer.concat([this.head, bytes.subarray(0, 64)]);
    const match = /^P6\n(\d+) (\d+)\n255\n/.exec(this.head.toString('latin1'));
    if (match === null) {
      if (this.head.length > 64) throw new FileError(this.path, 'cannot be decoded: unexpected data from ffmpeg');
      return bytes.subarray(64);
    }
    const [width, height] = [Number(match[1]), Number(match[2])];
    checkSize(this.path, width, height);
    if (this.frames.length > 0 && (width !== this.size[0] || height !== this.size[1])) {
      throw new FileError(this.path, 'changes its size');
    }
    this.size = [width, height];
    const kept = Math.min(this.frames.length + 1, this.options.keep);
    if (kept * width * height * 3 > this.options.maxBytes) {
      throw new FileError(this.path, `has over ${this.frames.length} frames of ${width}×${height}: too long to hold as a whole`);
    }
    this.current = new Uint8Array(width * height * 3);
    this.filled = 0;
    this.head = Buffer.alloc(0);
    return bytes.subarray(match[0].length - before);
  }
}
