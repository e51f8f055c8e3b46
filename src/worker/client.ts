/**
 * `infinitystar/worker-client`: a model in a worker, as pages use it. It brings nothing of the model itself.
 *
 * ```js
 * // worker.js: import 'infinitystar/worker';
 * const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
 * const model = await connectWorker(worker, { model: 'models/toy' });
 * const video = await model.generate({ prompt: 'a red circle' }, { onStep: ({ index, total }) => console.log(index / total) });
 * ```
 *
 * @packageDocumentation
 */

import { hostTensor, rowMajor } from '../array/host.ts';
import { InfinityStarError } from '../errors.ts';
import { handoff } from '../handoff.ts';
import type { GivenVideo, PlainFrames, Video } from '../io/picture.ts';
import type { ModelConfig } from '../model/parse-config.ts';
import type { Reconstruction } from '../pipeline/reconstruct.ts';
import type {
  AnswerMessage, Call, News, OpenedModel, OpenRequest, Port, WorkerGenerateRequest, WorkerInteractRequest, WorkerStep,
  WorkerVideo,
} from './protocol.ts';

export { toImageData, toRgba, fromImageData } from '../io/image-data.ts';
export type { OpenRequest, Port, WorkerBackend, WorkerGenerateRequest, WorkerInteractRequest, WorkerStep } from './protocol.ts';

/** An error of the worker's side; `name` is that of the error there, such as ArgumentError. */
export class WorkerError extends InfinityStarError {
  override readonly name: string;

  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

/** How a call is followed, and ended. */
export interface CallOptions {
  readonly onStep?: (step: WorkerStep) => void;
  /** Frames while they are decoded, and the number of the first of them. */
  readonly onFrames?: (frames: Video['frames'], first: number) => void;
  /** Ends the call with its reason; the model stays open. */
  readonly signal?: AbortSignal;
}

export interface ConnectOptions extends Omit<OpenRequest, 'backend'> {
  /** `wasm` unless given. */
  readonly backend?: OpenRequest['backend'];
  readonly signal?: AbortSignal;
}

/** A model that is open in a worker. Calls may run at once. */
export class WorkerModel {
  constructor(private readonly calls: Calls, readonly config: ModelConfig) {}

  async generate(request: WorkerGenerateRequest, options: CallOptions = {}): Promise<Video> {
    const result = await this.calls.make({ call: 'generate', request: sendable(request) }, (news) => told(news, options), options.signal);
    return videoOf(result as WorkerVideo);
  }

  /** Yields each clip of a story when it is done. */
  async *interact(request: WorkerInteractRequest, options: CallOptions = {}): AsyncGenerator<Video> {
    yield* this.follow({ call: 'interact', request: sendable(request) }, options, (news) => {
      return news.kind === 'clip' ? videoOf(news.video) : undefined;
    });
  }

  /** Yields a reconstruction for each number of scales; all scales unless given. */
  async *reconstruct(
    video: GivenVideo, scales?: readonly number[], options: Pick<CallOptions, 'signal'> = {},
  ): AsyncGenerator<Reconstruction> {
    const request = { video: plainVideo(video), ...(scales === undefined ? {} : { scales }) };
    yield* this.follow({ call: 'reconstruct', request }, options, (news) => {
      return news.kind === 'reconstruction' ? { ...news.made, frames: arrayOf(news.made.frames) } : undefined;
    });
  }

  /** What the model does not know of prompts, or chooses for them: a line each. */
  async notices(prompts: readonly string[], seed = 0): Promise<readonly string[]> {
    return (await this.calls.make({ call: 'notices', request: { prompts, seed } })) as readonly string[];
  }

  /** Closes the model; the worker may open another. */
  async close(): Promise<void> {
    await this.calls.make({ call: 'close' });
  }

  private async *follow<T>(call: Call, options: CallOptions, take: (news: News) => T | undefined): AsyncGenerator<T> {
    const left = new AbortController();
    const signal = options.signal === undefined ? left.signal : AbortSignal.any([options.signal, left.signal]);
    yield* handoff<T, void>(async (tell) => {
      const taken: Promise<void>[] = [];
      await this.calls.make(call, (news) => {
        const value = take(news);
        if (value === undefined) told(news, options);
        else taken.push((taken.at(-1) ?? Promise.resolve()).then(() => tell(value)));
      }, signal);
      await taken.at(-1);
    }, () => left.abort());
  }
}

/**
 * Opens a model in a worker whose script imports `infinitystar/worker`.
 * @throws WorkerError saying what is wrong with the model or the machine; the signal's reason.
 */
export async function connectWorker(worker: Port, { signal, model, backend = 'wasm' }: ConnectOptions): Promise<WorkerModel> {
  const calls = new Calls(worker);
  const request: OpenRequest = { model: absolute(model), backend };
  const { config } = (await calls.make({ call: 'open', request }, undefined, signal)) as OpenedModel;
  return new WorkerModel(calls, config);
}

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly onNews: ((news: News) => void) | undefined;
}

/** Calls that have no answer yet, by number. */
class Calls {
  private readonly pending = new Map<number, Pending>();
  private last = 0;

  constructor(private readonly port: Port) {
    port.addEventListener('message', ({ data }) => this.hear(data as AnswerMessage));
    port.addEventListener('error', ({ message }) => this.failAll(message));
  }

  async make(call: Call, onNews?: (news: News) => void, signal?: AbortSignal): Promise<unknown> {
    signal?.throwIfAborted();
    const id = ++this.last;
    const cancel = (): void => this.port.postMessage({ call: 'cancel', other: id, id: 0 });
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      return await new Promise((resolve, reject) => {
        this.pending.set(id, { resolve, reject, onNews });
        this.port.postMessage({ ...call, id });
      });
    } catch (error) {
      signal?.throwIfAborted(); // the reason given here, not what became of it there
      throw error;
    } finally {
      this.pending.delete(id);
      signal?.removeEventListener('abort', cancel);
    }
  }

  private hear(answer: AnswerMessage): void {
    const pending = this.pending.get(answer.id);
    if (answer.kind === 'done') pending?.resolve(answer.result);
    else if (answer.kind === 'failed') pending?.reject(new WorkerError(answer.name, answer.message));
    else pending?.onNews?.(answer);
  }

  /** A worker whose script cannot be loaded says so by an event. */
  private failAll(message: string | undefined): void {
    const error = new WorkerError('UnsupportedError', `the worker failed: ${message ?? 'its script could not be loaded'}`);
    for (const { reject } of this.pending.values()) reject(error);
  }
}

/** The worker's script lies elsewhere: addresses are those of the page. */
function absolute(model: OpenRequest['model']): OpenRequest['model'] {
  const base = typeof document === 'undefined' ? undefined : document.baseURI;
  const whole = (address: string): string => new URL(address, base).href;
  if (typeof model === 'string') return whole(model);
  return Object.fromEntries(Object.entries(model).map(([name, address]) => [name, whole(address)]));
}

function told(news: News, { onStep, onFrames }: CallOptions): void {
  if (news.kind === 'step') onStep?.(news.step);
  else if (news.kind === 'frames') onFrames?.(arrayOf(news.frames), news.first);
}

function sendable<T extends { readonly start?: GivenVideo }>(request: T): T {
  return request.start === undefined ? request : { ...request, start: plainVideo(request.start) };
}

function plainVideo({ frames, ...rest }: GivenVideo): GivenVideo {
  return { ...rest, frames: 'stride' in frames ? { data: rowMajor(frames), shape: frames.shape } : frames };
}

function videoOf({ frames, fps }: WorkerVideo): Video {
  return { frames: arrayOf(frames), fps };
}

function arrayOf({ data, shape }: PlainFrames): Video['frames'] {
  return hostTensor(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), shape);
}
