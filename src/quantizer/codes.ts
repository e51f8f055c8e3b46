/**
 * Spec Q2: bits → codes.
 *
 *     q_j = (2·bit_j − 1)/√d,   so ‖q‖₂ = 1
 *
 * Paper §3.3. Official: multiscale_bsq_tp_absorb_patchify.py:BSQ.indices_to_codes(label_type='bit_label').
 */

import type { HostBits } from '../array/host.ts';
import { hostTensor, rowMajor } from '../array/host.ts';
import type { Backend, Tensor } from '../backend/backend.ts';

/**
 * Uploads the codes of bits.
 * @param bits (B, …, d), channels last.
 * @returns (B, d, …), channels first.
 */
export function codesOf(b: Backend, bits: HostBits): Tensor {
  const last = bits.shape.length - 1;
  const length = 1 / Math.sqrt(bits.shape[last]);
  const labels = rowMajor(bits);
  const values = new Float32Array(labels.length);
  for (let i = 0; i < values.length; i++) values[i] = labels[i] === 1 ? length : -length;
  const codes = b.upload(hostTensor(values, bits.shape)); // (B, …, d)
  return b.permute(codes, [0, last, ...bits.shape.slice(1, last).map((_, i) => i + 1)]); // (B, d, …)
}
