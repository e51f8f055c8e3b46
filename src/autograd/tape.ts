/**
 * The tape of reverse-mode differentiation: what was computed, and how a gradient goes back through it.
 *
 *     y = f(x₁ … xₙ),   ḡ(xᵢ) = Σ over all uses of xᵢ of (∂y/∂xᵢ)ᵀ · ḡ(y),   ḡ(v) = ∂L/∂v
 *
 * Entries are unwound from the last to the first. Every value counts who still needs it, so that memory goes down
 * as the tape does. (Griewank & Walther, Evaluating Derivatives, ch. 3.)
 */

import type { Backend, Tensor } from '../backend/backend.ts';
import type { Pullback } from './rules/pullback.ts';

/** What a recorded tensor stands for. */
export interface Value {
  /** Of the backend inside. */
  readonly tensor: Tensor;
  /** Recorded tensors and entries of the tape that need `tensor`; it is freed with the last of them. */
  holders: number;
  /** Whether it depends on a parameter. */
  readonly differentiable: boolean;
}

/** One operation, or one stage that is computed again when its turn comes. */
interface Entry {
  readonly outputs: readonly Value[];
  /** Held until the entry is unwound. */
  readonly kept: readonly Value[];
  readonly unwind: (gradients: Gradients) => Promise<void>;
}

export class Tape {
  private readonly entries: Entry[] = [];

  /** @param b owns all values of the tape; its scope ends after the tape. */
  constructor(readonly b: Backend) {}

  /** A value without holders. */
  value(tensor: Tensor, differentiable: boolean): Value {
    return { tensor, holders: 0, differentiable };
  }

  release(value: Value): void {
    value.holders -= 1;
    if (value.holders === 0) this.b.free(value.tensor);
  }

  /** Records y = f(inputs); one pullback per input. */
  record(output: Value, inputs: readonly Value[], pullbacks: readonly Pullback[]): void {
    const needed = inputs.flatMap((input, i) => (input.differentiable ? [{ input, pullback: pullbacks[i] }] : []));
    const tensors = new Set(needed.flatMap(({ pullback }) => pullback.keeps));
    const kept = [output, ...inputs].filter((value) => tensors.delete(value.tensor));
    this.push({
      outputs: [output],
      kept,
      unwind: async (gradients) => {
        const g = gradients.find(output)!;
        for (const { input, pullback } of needed) {
          gradients.add(input, await this.b.scope('gradient', async (b) => pullback.pull(b, g)));
        }
      },
    });
  }

  push(entry: Entry): void {
    for (const value of entry.kept) value.holders += 1;
    this.entries.push(entry);
  }

  /** Empties the tape without unwinding it. */
  discard(): void {
    for (const { kept } of this.entries.splice(0)) for (const value of kept) this.release(value);
  }

  /** Adds to `gradients` those of all that the tape's results were computed from, and empties the tape. */
  async unwind(gradients: Gradients): Promise<void> {
    for (let entry = this.entries.pop(); entry !== undefined; entry = this.entries.pop()) {
      if (entry.outputs.some((output) => gradients.find(output) !== undefined)) await entry.unwind(gradients);
      gradients.drop(entry.outputs);
      for (const value of entry.kept) this.release(value);
    }
  }
}

/** The gradients found so far. */
export class Gradients {
  private readonly found = new Map<Value, Tensor>();

  /** @param b owns them. */
  constructor(private readonly b: Backend) {}

  find(value: Value): Tensor | undefined {
    return this.found.get(value);
  }

  /** Adds a share to the gradient of a value, and takes possession of it. */
  add(value: Value, share: Tensor): void {
    const before = this.found.get(value);
    if (before === undefined) {
      this.found.set(value, share);
      return;
    }
    this.found.set(value, this.b.add(before, share));
    this.b.free([before, share]);
  }

  drop(values: readonly Value[]): void {
    for (const value of values) {
      this.b.free(this.found.get(value));
      this.found.delete(value);
    }
  }
}
