/**
 * The blocks of a GIF file (GIF89a specification, 17 to 26): where each picture lies and how it is shown.
 *
 * As browsers do: a graphic control block counts for the next picture and for no other; comments, texts and blocks of
 * unknown kinds are skipped. The file must have its end mark, else one that is cut off would pass for a shorter video.
 */

import { FileError } from '../errors.ts';

/** How pixels become what is seen after the frame. */
export type Disposal = 'leave' | 'clear' | 'restore';

export interface GifFrame {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly interlaced: boolean;
  /** 3 bytes a colour; its own palette or the file's; empty if there is none. */
  readonly palette: Uint8Array;
  /** Index of the transparent colour. */
  readonly transparent: number | undefined;
  readonly disposal: Disposal;
  /** Hundredths of a second. */
  readonly delay: number;
  /** Where the LZW data begin. */
  readonly data: number;
}

export interface GifStructure {
  readonly width: number;
  readonly height: number;
  readonly frames: readonly GifFrame[];
}

type Control = Pick<GifFrame, 'transparent' | 'disposal' | 'delay'>;

const EXTENSION = 0x21;
const IMAGE = 0x2c;
const TRAILER = 0x3b;
const GRAPHIC_CONTROL = 0xf9;
const NO_CONTROL: Control = { transparent: undefined, disposal: 'leave', delay: 0 };
/** Some writers took the third bit for the value 3; browsers follow. */
const DISPOSALS: readonly Disposal[] = ['leave', 'leave', 'clear', 'restore', 'restore', 'leave', 'leave', 'leave'];

/** @throws FileError if the file is truncated, damaged or no GIF. */
export function readGifBlocks(bytes: Uint8Array, file: string): GifStructure {
  const reader = new Cursor(bytes, file);
  if (!/^GIF8[79]a$/.test(String.fromCharCode(...reader.take(6)))) throw new FileError(file, 'is not a GIF file');
  const [width, height] = [reader.word(), reader.word()];
  const flags = reader.byte();
  reader.take(2); // background colour, aspect ratio of the pixels: no program shows them
  const shared = readPalette(reader, flags);
  const frames: GifFrame[] = [];
  let control = NO_CONTROL;
  for (;;) {
    const block = reader.byte();
    if (block === TRAILER) return { width, height, frames };
    if (block === EXTENSION) {
      if (reader.byte() === GRAPHIC_CONTROL) control = readControl(reader);
      else reader.skipBlocks();
    } else if (block === IMAGE) {
      frames.push({ ...readImage(reader, shared), ...control });
      control = NO_CONTROL;
    } else {
      throw new FileError(file, `is damaged: unknown GIF block ${block}`);
    }
  }
}

function readControl(reader: Cursor): Control {
  if (reader.byte() !== 4) throw reader.damaged('a GIF control block of another length');
  const flags = reader.byte();
  const delay = reader.word();
  const index = reader.byte();
  reader.skipBlocks();
  return { delay, disposal: DISPOSALS[(flags >> 2) & 7], transparent: (flags & 1) === 1 ? index : undefined };
}

function readImage(reader: Cursor, shared: Uint8Array): Omit<GifFrame, keyof Control> {
  const [x, y, width, height] = [reader.word(), reader.word(), reader.word(), reader.word()];
  const flags = reader.byte();
  const own = readPalette(reader, flags);
  const data = reader.at;
  reader.take(1);
  reader.skipBlocks();
  return { x, y, width, height, interlaced: (flags & 0x40) !== 0, palette: own.length > 0 ? own : shared, data };
}

/** Empty unless the flags announce one. */
function readPalette(reader: Cursor, flags: number): Uint8Array {
  return reader.take((flags & 0x80) === 0 ? 0 : 3 * 2 ** ((flags & 7) + 1));
}

class Cursor {
  at = 0;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly file: string,
  ) {}

  take(length: number): Uint8Array {
    if (this.at + length > this.bytes.length) throw new FileError(this.file, 'is truncated: the GIF ends before its end mark');
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  byte(): number {
    return this.take(1)[0];
  }

  word(): number {
    const [low, high] = this.take(2);
    return low | (high << 8);
  }

  /** Sub-blocks, each led by its length, up to the empty one. */
  skipBlocks(): void {
    for (let length = this.byte(); length > 0; length = this.byte()) this.take(length);
  }

  damaged(what: string): FileError {
    return new FileError(this.file, `is damaged: ${what}`);
  }
}
