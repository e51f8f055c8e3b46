/** The part of omggif 1.0 that is used; it ships no types. */
declare module 'omggif' {
  export interface GifFrame {
    x: number;
    y: number;
    width: number;
    height: number;
    palette_offset: number | null;
    palette_size: number | null;
    data_offset: number;
    data_length: number;
    transparent_index: number | null;
    interlaced: boolean;
    /** Hundredths of a second. */
    delay: number;
    disposal: number;
  }
  export class GifReader {
    constructor(bytes: Uint8Array);
    readonly width: number;
    readonly height: number;
    numFrames(): number;
    frameInfo(index: number): GifFrame;
  }
}
