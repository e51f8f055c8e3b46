/** The part of gifenc 1.0 that is used; it ships no types. */
declare module 'gifenc' {
  type Rgb = readonly [number, number, number];
  interface Encoder {
    writeFrame(
      index: Uint8Array,
      width: number,
      height: number,
      options: { palette: readonly Rgb[]; delay: number; repeat: number },
    ): void;
    finish(): void;
    bytes(): Uint8Array;
  }
  export function GIFEncoder(): Encoder;
  export function quantize(rgba: Uint8Array, maxColors: number): Rgb[];
  export function applyPalette(rgba: Uint8Array, palette: readonly Rgb[]): Uint8Array;
}
