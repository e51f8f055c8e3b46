/**
 * Spec Q1: binary spherical quantization.
 *
 *     u = v / max(‖v‖₂, 1e-12),   bit_j = [u_j > 0],   q_j = (2·bit_j − 1)/√d
 *
 * The strict comparison sends +0, −0 and so the zero vector to bit 0. Every vector of d channels is quantized on
 * its own; the codebook is the 2^d corners of a cube inscribed in the unit sphere and is never stored.
 *
 * Paper §3.3 (and arXiv 2406.07548). Official: models/videovae/modules/quantizer/
 * multiscale_bsq_tp_absorb_patchify.py:BSQ.forward, BSQ.quantize. The official value is the straight-through
 * u + (q − u), which is q up to rounding; here it is q ({@link ./codes.ts}).
 */

import type { HostBits } from '../array/host.ts';
import { hostTensor, rowMajor } from '../array/host.ts';
import type { Backend, Tensor } from '../backend/backend.ts';

/**
 * Bits of every vector along the channel axis.
 * @param x (B, d, …), channels first.
 * @returns (B, …, d), channels last, on the host: bits are the alphabet that the model speaks with the outside.
 */
export async function quantize(b: Backend, x: Tensor): Promise<HostBits> {
  const rest = x.shape.slice(2).map((_, i) => i + 2);
  const u = b.l2Normalize(x, 1); // (B, d, …)
  const bits = b.permute(b.map('step', u), [0, ...rest, 1]); // (B, …, d)
  const values = await b.read(bits);
  return hostTensor(Uint8Array.from(rowMajor(values)), bits.shape);
}
