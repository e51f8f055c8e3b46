/** The page's end of the worker: every call is a promise. */

import type { Call, Methods, Progress, Reply } from './protocol.ts';

export class CancelledError extends Error {}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class EngineClient {
  private readonly worker: Worker;
  private readonly waiting = new Map<number, Waiting>();
  private last = 0;
  onProgress: (progress: Progress) => void = () => undefined;

  constructor(address: URL) {
    this.worker = new Worker(address, { type: 'module' });
    this.worker.onmessage = ({ data }: MessageEvent<Reply>) => this.receive(data);
    this.worker.onerror = (event) => this.fail(new Error(event.message || 'the worker could not be started'));
  }

  call<M extends keyof Methods>(method: M, ...args: Parameters<Methods[M]>): ReturnType<Methods[M]> {
    const id = ++this.last;
    const answer = new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject }));
    this.worker.postMessage({ id, method, args } satisfies Call);
    return answer as ReturnType<Methods[M]>;
  }

  /** Ends what is being computed; its call is rejected with a {@link CancelledError}. */
  cancel(): void {
    this.worker.postMessage({ cancel: true } satisfies Call);
  }

  /** Ends the worker; calls that wait are cancelled. */
  close(): void {
    this.worker.terminate();
    this.fail(new CancelledError('cancelled'));
  }

  private receive(reply: Reply): void {
    if ('progress' in reply) {
      this.onProgress(reply.progress);
      return;
    }
    const waiting = this.waiting.get(reply.id);
    this.waiting.delete(reply.id);
    if ('value' in reply) waiting?.resolve(reply.value);
    else waiting?.reject(reply.cancelled ? new CancelledError('cancelled') : new Error(reply.error));
  }

  private fail(error: Error): void {
    for (const { reject } of this.waiting.values()) reject(error);
    this.waiting.clear();
  }
}
