/**
 * The gradient of a loss with respect to parameters, by reverse-mode differentiation of whatever computes it:
 *
 *     ḡ(p) = ∂L/∂p  for every parameter p
 *
 * The function that computes the loss is written against `Backend` and knows nothing of this.
 */

import { hostTensor, hostZeros, sizeOf } from '../array/host.ts';
import type { Backend, Tensor } from '../backend/backend.ts';
import { Scope } from '../backend/ownership.ts';
import { ShapeError } from '../errors.ts';
import { Recording } from './recording.ts';
import type { Session } from './recording.ts';
import { Gradients, Tape } from './tape.ts';
import type { Value } from './tape.ts';

export interface DifferentiateOptions {
  /** Stages that are computed twice, so that only their inputs and results need memory. None unless given. */
  readonly recompute?: (stage: string) => boolean;
}

/** A recording backend and how to go back over what it has recorded. */
export interface Recorder {
  readonly backend: Recording;
  /** Gradients of `loss` (one element) with respect to the parameters, which belong to the backend inside. */
  gradients(loss: Tensor): Promise<Map<Tensor, Tensor>>;
}

/**
 * Computes a loss and its gradients.
 * @param parameters tensors of `b`.
 * @param compute returns the loss, one element; what else is wanted of its values it reads itself.
 * @returns for every parameter its gradient, of the same shape; zeros where the loss does not depend on it.
 * @throws ShapeError if the loss has more than one element.
 */
export async function differentiate(
  b: Backend,
  parameters: Iterable<Tensor>,
  compute: (b: Backend) => Promise<Tensor>,
  options: DifferentiateOptions = {},
): Promise<Map<Tensor, Tensor>> {
  return b.scope('differentiate', async (inner) => {
    const recording = recorder(inner, parameters, options);
    return recording.gradients(await recording.backend.scope('forward', compute));
  });
}

/** A recorder on `b`, whose scope owns all values and gradients. */
export function recorder(b: Backend, parameters: Iterable<Tensor>, options: DifferentiateOptions = {}): Recorder {
  const tape = new Tape(b);
  const known = new Map<Tensor, Value>();
  for (const tensor of parameters) known.set(tensor, { tensor, holders: 1, differentiable: true });
  const device = { name: b.name, release: (value: Value) => tape.release(value) };
  const session: Session = { device, recomputed: options.recompute ?? (() => false) };
  const backend = new Recording(session, tape, Scope.root(device), { known });
  return {
    backend,
    async gradients(loss) {
      if (sizeOf(loss.shape) !== 1) throw new ShapeError('loss', 'one element', loss.shape);
      const gradients = new Gradients(b);
      const value = backend.value(loss);
      if (value.differentiable) gradients.add(value, b.upload(hostTensor(Float32Array.of(1), loss.shape)));
      backend.free(loss);
      await tape.unwind(gradients);
      return new Map([...known].map(([tensor, parameter]) => {
        return [tensor, gradients.find(parameter) ?? b.upload(hostZeros(tensor.shape))];
      }));
    },
  };
}
