/** How long an array may be: what its indices, a texture or a buffer of the device have room for. */

export interface ArrayLimit {
  readonly elements: number;
  /** What sets it. */
  readonly of: string;
}

/** Some devices compute indices in single precision, which is exact so far. */
export const indexLimit: ArrayLimit = { elements: 2 ** 24, of: 'indices in single precision' };

/** One element a texel. */
export function textureLimit(side: number): ArrayLimit {
  return { elements: side ** 2, of: `textures up to ${side}×${side}` };
}

export function bufferLimit(bytes: number): ArrayLimit {
  return { elements: Math.floor(bytes / 4), of: `buffers up to ${Math.floor(bytes / 2 ** 20)} MiB` };
}

export function smaller(a: ArrayLimit, b: ArrayLimit): ArrayLimit {
  return b.elements < a.elements ? b : a;
}
