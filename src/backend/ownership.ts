/**
 * Who owns a tensor: the bookkeeping behind `Backend.scope` and `Backend.free`, for backends to build on.
 *
 * Every scope owns the tensors made in it and frees them at its end, except those in its result, which pass
 * to the scope around it. There is no current scope anywhere: stages may run at the same time. The root scope
 * keeps no list; its tensors live until they are freed or garbage collected.
 */

import type { Shape } from '../array/host.ts';
import { breathe } from '../breathe.ts';
import { InfinityStarError } from '../errors.ts';
import { Tensor, tensorsIn } from './backend.ts';

/** A tensor was used after its end, or in a backend that did not make it. */
export class LifetimeError extends InfinityStarError {
  override readonly name: string = 'LifetimeError';
}

/** One backend and all its scopes: tensors of another device are refused. */
export interface Device<Storage> {
  readonly name: string;
  /** Whether the backend has been closed: none of its scopes can be used any more. */
  readonly closed?: boolean;
  /** Called once for what a freed tensor held. */
  release(storage: Storage): void;
  /** Called for a tensor of the root, whose scope has no end: to release what it held when it is garbage. */
  watch?(tensor: Tensor, storage: Storage): void;
}

/** A tensor that a scope owns. */
export class OwnedTensor<Storage> extends Tensor {
  /** What the backend keeps for it; undefined once freed. */
  storage: Storage | undefined;
  /** The path of the stage at whose end, or in which, it was freed. */
  freedIn = '';
  /** Neighbours in the list of its scope, the newest first. */
  previous: OwnedTensor<Storage> | undefined = undefined;
  next: OwnedTensor<Storage> | undefined = undefined;

  constructor(
    shape: Shape,
    storage: Storage,
    readonly device: Device<Storage>,
    public owner: Scope<Storage>,
  ) {
    super(shape);
    this.storage = storage;
  }
}

export class Scope<Storage> {
  /** The newest of a linked list: every operation adds a tensor. */
  private first: OwnedTensor<Storage> | undefined;
  private ended = false;

  /**
   * @param path names of the stages around, joined by '/'; '' for the root.
   */
  private constructor(
    readonly path: string,
    private readonly device: Device<Storage>,
    private readonly outer: Scope<Storage> | undefined,
  ) {}

  static root<Storage>(device: Device<Storage>): Scope<Storage> {
    return new Scope('', device, undefined);
  }

  /** A new tensor of this scope. */
  own(shape: Shape, storage: Storage): OwnedTensor<Storage> {
    this.checkOpen();
    const tensor = new OwnedTensor(shape, storage, this.device, this);
    this.adopt(tensor);
    return tensor;
  }

  /**
   * What the backend keeps for `x`.
   * @throws LifetimeError if `x` was freed or belongs to another backend, or this scope has ended.
   */
  storageOf(x: Tensor): Storage {
    this.checkOpen();
    const tensor = this.known(x);
    if (tensor.storage === undefined) {
      const which = `tensor [${x.shape.join(', ')}] used in ${at(this.path)}`;
      throw new LifetimeError(`${which} was freed in ${at(tensor.freedIn)}`);
    }
    return tensor.storage;
  }

  /** Frees what is found in `value`, whichever scope owns it; what is freed already stays so. */
  free(value: unknown): void {
    this.checkOpen();
    for (const tensor of tensorsIn(value)) this.release(this.known(tensor));
  }

  /** Runs `body` in a scope below this one, and lets the event loop live before it. */
  async run<T>(stage: string, body: (inner: Scope<Storage>) => Promise<T>): Promise<T> {
    await breathe();
    this.checkOpen();
    const inner = new Scope(this.path === '' ? stage : `${this.path}/${stage}`, this.device, this);
    try {
      const result = await body(inner);
      inner.passOn(result);
      return result;
    } finally {
      inner.end();
    }
  }

  /** Hands what this scope owns of `result` to the scope around. */
  private passOn(result: unknown): void {
    for (const tensor of tensorsIn(result)) {
      const owned = this.known(tensor);
      if (owned.owner !== this || owned.storage === undefined) continue;
      this.remove(owned);
      this.outer?.adopt(owned);
    }
  }

  private adopt(tensor: OwnedTensor<Storage>): void {
    tensor.owner = this;
    if (this.outer !== undefined) {
      tensor.next = this.first;
      if (this.first !== undefined) this.first.previous = tensor;
      this.first = tensor;
    } else if (tensor.storage !== undefined) {
      this.device.watch?.(tensor, tensor.storage);
    }
  }

  /** Takes one of this scope's out of the list; the root has none. */
  private remove(tensor: OwnedTensor<Storage>): void {
    const { previous, next } = tensor;
    if (next !== undefined) next.previous = previous;
    if (previous !== undefined) previous.next = next;
    else if (this.first === tensor) this.first = next;
    tensor.previous = tensor.next = undefined;
  }

  private end(): void {
    while (this.first !== undefined) this.release(this.first);
    this.ended = true;
  }

  private release(tensor: OwnedTensor<Storage>): void {
    if (tensor.storage === undefined) return;
    this.device.release(tensor.storage);
    tensor.storage = undefined;
    tensor.freedIn = this.path;
    tensor.owner.remove(tensor);
  }

  private known(x: Tensor): OwnedTensor<Storage> {
    if (x instanceof OwnedTensor && x.device === this.device) return x as OwnedTensor<Storage>;
    throw new LifetimeError(`tensor [${x.shape.join(', ')}] was not made by this ${this.device.name} backend`);
  }

  private checkOpen(): void {
    if (this.device.closed) throw new LifetimeError(`the ${this.device.name} backend was closed`);
    if (this.ended) throw new LifetimeError(`the backend of ${at(this.path)} was used after the end of that stage`);
  }
}

function at(path: string): string {
  return path === '' ? 'the root scope' : `stage '${path}'`;
}
