/** The part of @jsquash/webp's codec that is used; the types it ships refer to a namespace that it does not import. */
declare module '@jsquash/webp/codec/dec/webp_dec.js' {
  export interface WebpDecoder {
    /** RGBA, not multiplied by alpha; null for what is no whole WebP file. */
    decode(data: Uint8Array): {
      readonly width: number;
      readonly height: number;
      readonly data: Uint8ClampedArray;
    } | null;
  }
  export default function create(options: {
    noInitialRun: boolean;
    printErr: (line: string) => void;
    instantiateWasm?: (
      imports: WebAssembly.Imports,
      callback: (instance: WebAssembly.Instance) => void,
    ) => WebAssembly.Exports;
  }): Promise<WebpDecoder>;
}
