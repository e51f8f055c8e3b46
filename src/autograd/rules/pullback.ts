/**
 * A pullback takes the gradient g = ∂L/∂y of a result to that of one argument, (∂y/∂x)ᵀ · g: the rule of one
 * operation for one argument. The files beside this one hold the rules, formula first, one family each.
 */

import type { Backend, Tensor } from '../../backend/backend.ts';

export interface Pullback {
  /** Arguments or result of the operation that `pull` reads. */
  readonly keeps: readonly Tensor[];
  /** g, of the result's shape → a new tensor of the argument's shape. */
  readonly pull: (b: Backend, g: Tensor) => Tensor;
}
