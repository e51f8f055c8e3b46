/** Weights of convolutions in the arrangement that kernels read, which stay on the device beside them. */

export type Five = readonly [number, number, number, number, number];

/** Channels and outputs from which on Winograd's transforms pay: they are a share of 1/O and 1/C of the products. */
const MANY = 16;

/** Whether kernels (O, C, kt, kh, kw) go by Winograd's filtering, on frames that are large enough. */
export function byWinograd([outputs, channels, , kh, kw]: Five): boolean {
  return kh === 3 && kw === 3 && channels >= MANY && outputs >= MANY;
}

/** Of a weight (O, C, kt, kh, kw): (16, kt, C, O) for Winograd's filtering, else (kt, kh, kw, C, O). */
export function keptBytes(kernel: Five): number {
  const [outputs, channels, kt, kh, kw] = kernel;
  return 4 * outputs * channels * kt * (byWinograd(kernel) ? 16 : kh * kw);
}
