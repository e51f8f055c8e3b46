/** What remote-device.ts tells device-host.ts: the calls of a device, in order; arrays go by number. */

export type Message =
  | { readonly call: 'upload'; readonly id: number; readonly values: string; readonly shape: readonly number[] }
  | {
    readonly call: 'run'; readonly id: number; readonly kernel: string; readonly shape: readonly number[];
    readonly tensors: readonly number[]; readonly numbers: readonly number[];
  }
  | { readonly call: 'share'; readonly id: number; readonly from: number }
  | { readonly call: 'release'; readonly id: number }
  | { readonly call: 'read'; readonly id: number; readonly shape: readonly number[] };

/** float32 as base64, in Node and in browsers. */
export function encode(values: Float32Array): string {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  let text = '';
  for (let i = 0; i < bytes.length; i += 4096) text += String.fromCharCode(...bytes.subarray(i, i + 4096));
  return btoa(text);
}

export function decode(text: string): Float32Array {
  return new Float32Array(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
}
