/**
 * sg(x): x in value, a constant in differentiation. The straight-through estimate of a quantizer q is u + sg(q − u): q in
 * value, u in gradient (Bengio et al. 2013, arXiv 1308.3432). On a backend that does not record it is x itself.
 */

import type { Backend, Tensor } from '../backend/backend.ts';
import { Recording } from './recording.ts';

export function stopGradient(b: Backend, x: Tensor): Tensor {
  return b instanceof Recording ? b.constant(x) : x;
}
