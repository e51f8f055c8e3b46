/**
 * Spec Q6: stochastic quantizer depth.
 *
 *     scale s of K is dropped  ⇔  s ≥ K − N  and  uniform_s < p
 *
 * Training the tokenizer so moves the information into the early scales: every picture must be readable from
 * the first K − N scales alone. A dropped scale has no bits and adds nothing.
 *
 * Paper §3.3. Official: multiscale_bsq_tp_absorb_patchify.py:MultiScaleBSQTP.forward, which may drop any
 * scale but the first of a pyramid, that is N = K − 1. We follow the paper, where N is a choice.
 */

import { ArgumentError } from '../errors.ts';

/**
 * @param scales K, scales of one pyramid.
 * @param last N, how many of them, from the end, may be dropped; below K, so that one always stays.
 * @param probability p in [0, 1].
 * @param uniforms N draws from [0, 1), one for each of the last N scales in order.
 * @returns one flag per scale: true where it is dropped.
 * @throws ArgumentError if N, p or the number of draws is out of range.
 */
export function droppedScales(
  scales: number,
  last: number,
  probability: number,
  uniforms: ArrayLike<number>,
): boolean[] {
  if (!Number.isInteger(last) || last < 0 || last >= scales) {
    throw new ArgumentError('last', `an integer from 0 to ${scales - 1}`, last);
  }
  if (!(probability >= 0 && probability <= 1)) throw new ArgumentError('probability', 'from 0 to 1', probability);
  if (uniforms.length !== last) throw new ArgumentError('uniforms', `${last} draws`, uniforms.length);
  const first = scales - last;
  return Array.from({ length: scales }, (_, s) => s >= first && uniforms[s - first] < probability);
}
