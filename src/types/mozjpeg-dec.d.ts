/** The part of @jsquash/jpeg's codec that is used; the types it ships refer to a namespace that it does not import. */
declare module '@jsquash/jpeg/codec/dec/mozjpeg_dec.js' {
  export interface MozJpegDecoder {
    /** RGBA, or null after an error; or throws what is no Error. */
    decode(data: Uint8Array, applyOrientation: boolean): {
      readonly width: number;
      readonly height: number;
      readonly data: Uint8ClampedArray;
    } | null;
  }
  export default function create(options: {
    noInitialRun: boolean;
    printErr: (line: string) => void;
    instantiateWasm: (
      imports: WebAssembly.Imports,
      callback: (instance: WebAssembly.Instance) => void,
    ) => WebAssembly.Exports;
  }): Promise<MozJpegDecoder>;
}
