/**
 * Jobs in the order of their calls. Operations enqueue and return at once; the device may answer later (WebGPU always
 * does), and a job starts when the one before has ended. After a failure nothing runs but what frees memory.
 */

export class Queue {
  private tail: Promise<unknown> = Promise.resolve();
  private failure: { readonly cause: unknown } | undefined;

  /** Everything after this fails with `cause`. */
  fail(cause: unknown): void {
    this.failure ??= { cause };
  }

  add(job: () => unknown): void {
    this.tail = this.tail.then(async () => {
      if (this.failure === undefined) await job();
    }).catch((cause: unknown) => this.fail(cause));
  }

  /** Runs whatever has happened before. */
  addRelease(job: () => void): void {
    this.tail = this.tail.then(job).catch((cause: unknown) => this.fail(cause));
  }

  /** The result of a job, when all before it are done. @throws what has failed first. */
  async result<T>(job: () => T | Promise<T>): Promise<T> {
    let value: { readonly of: T } | undefined;
    this.add(async () => {
      value = { of: await job() };
    });
    await this.tail;
    if (this.failure !== undefined) throw this.failure.cause;
    return value!.of;
  }
}
