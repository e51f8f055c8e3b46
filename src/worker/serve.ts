/** The worker's side: opens a model, and answers the calls of protocol.ts. */

import {
  fetchedFiles, generateVideo, gpujsBackend, interactVideo, openModel, promptNotices, reconstructVideo, referenceBackend,
  rowMajor, UnsupportedError, wasmBackend,
} from '../browser.ts';
import type { Backend, Model, Video } from '../browser.ts';
import type { Answer, Call, CallMessage, News, OpenedModel, OpenRequest, Port, WorkerVideo } from './protocol.ts';

const makers: Readonly<Record<OpenRequest['backend'], () => Promise<Backend>>> = {
  wasm: () => wasmBackend(),
  gpu: () => gpujsBackend(),
  reference: () => Promise.resolve(referenceBackend()),
};

/** Answers what comes through a port: a worker's own, unless another is given. */
export function serveWorker(port: Port = globalThis as unknown as Port): void {
  const running = new Map<number, AbortController>();
  const worker = new ModelWorker();
  port.addEventListener('message', ({ data }) => {
    const message = data as CallMessage;
    if (message.call === 'cancel') {
      running.get(message.other)?.abort();
      return;
    }
    const { id } = message;
    const answer = (given: Answer): void => port.postMessage({ ...given, id }, bytesIn(given));
    const controller = new AbortController();
    running.set(id, controller);
    worker.run(message, answer, controller.signal).then(
      (result) => answer({ kind: 'done', result }),
      (error: unknown) => answer({ kind: 'failed', ...described(error) }),
    ).finally(() => running.delete(id));
  });
}

class ModelWorker {
  private opened: Model | undefined;

  /** @returns what answers the call; everything else is told. */
  async run(message: Call, tell: (news: News) => void, signal: AbortSignal): Promise<unknown> {
    switch (message.call) {
      case 'open':
        return this.open(message.request, signal);
      case 'generate':
        return this.generate(message.request, tell, signal);
      case 'interact':
        for await (const clip of interactVideo(this.model, { ...message.request, signal, ...steps(tell) })) {
          tell({ kind: 'clip', video: plain(clip) });
        }
        return undefined;
      case 'reconstruct':
        for await (const made of reconstructVideo(this.model, { ...message.request, signal })) {
          tell({ kind: 'reconstruction', made: { ...made, frames: plainFrames(made.frames) } });
        }
        return undefined;
      case 'notices':
        return promptNotices(this.model, message.request);
      default:
        return this.close();
    }
  }

  private get model(): Model {
    if (this.opened === undefined) throw new UnsupportedError('no model has been opened in this worker');
    return this.opened;
  }

  private async open({ model, backend }: OpenRequest, signal: AbortSignal): Promise<OpenedModel> {
    await this.close();
    const made = await makers[backend]();
    try {
      const files = fetchedFiles(typeof model === 'string' ? model : (name) => model[name], { signal });
      this.opened = await openModel(files, made, { signal });
      return { config: this.opened.config };
    } catch (error) {
      await made.close();
      throw error;
    }
  }

  private async generate(
    request: Extract<Call, { call: 'generate' }>['request'], tell: (news: News) => void, signal: AbortSignal,
  ): Promise<WorkerVideo> {
    const video = await generateVideo(this.model, {
      ...request, signal, ...steps(tell),
      onFrames: (frames, first) => tell({ kind: 'frames', frames: plainFrames(frames), first }),
    });
    return plain(video);
  }

  private async close(): Promise<void> {
    const { opened } = this;
    this.opened = undefined;
    await opened?.close();
    await opened?.backend.close();
  }
}

function steps(tell: (news: News) => void): Pick<Parameters<typeof generateVideo>[1], 'onStep'> {
  return {
    onStep: ({ index, total, clip, scale, repeat, size, bits }) => {
      tell({ kind: 'step', step: { index, total, clip, scale, repeat, size, bits: Uint8Array.from(rowMajor(bits)) } });
    },
  };
}

function plain({ frames, fps }: Video): WorkerVideo {
  return { frames: plainFrames(frames), fps };
}

/** A copy that may be handed over. */
function plainFrames(frames: Video['frames']): WorkerVideo['frames'] {
  return { data: Uint8Array.from(rowMajor(frames)), shape: frames.shape };
}

/** What is handed over, not copied. */
function bytesIn(answer: Answer): Transferable[] {
  const found: Transferable[] = [];
  const collect = (value: unknown): void => {
    if (value instanceof Uint8Array) found.push(value.buffer as ArrayBuffer);
    else if (value !== null && typeof value === 'object') Object.values(value).forEach(collect);
  };
  collect(answer);
  return found;
}

function described(error: unknown): { readonly name: string; readonly message: string } {
  return error instanceof Error ? { name: error.name, message: error.message } : { name: 'Error', message: String(error) };
}

