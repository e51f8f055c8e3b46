/** The shortest way in: one call from a prompt to frames, with a model that ships unless another is given. */

import { makeBackend } from './backends.ts';
import type { Video } from './io/picture.ts';
import { chooseShipped } from './model/choose.ts';
import { modelDirectory } from './model/default.ts';
import { loadModel } from './model/load.ts';
import { generateVideo, planGenerate } from './pipeline/generate.ts';
import type { GenerateRequest } from './pipeline/generate.ts';
import { promptNotices } from './pipeline/prompt-notice.ts';

export interface GenerateOptions extends GenerateRequest {
  /** `emoji`, `toy`, or the directory of a model; unless given, that of the two which the prompt is for. */
  readonly model?: string;
  /** What computes, by name (`wasm`, `reference`); the fastest that runs here unless given. */
  readonly backend?: string;
  /** Gets a line about what the model does not know of the prompt, or chose for it; `console.warn` unless given. */
  readonly onNotice?: (line: string) => void;
}

/**
 * Loads a model and generates a picture or video.
 * @returns (T, H, W, 3) bytes and the frame rate.
 * @throws InfinityStarError saying what is wrong with the request, the model or the machine.
 */
export async function generate({ model, backend: name, onNotice = console.warn, ...request }: GenerateOptions): Promise<Video> {
  const { signal } = request;
  signal?.throwIfAborted();
  const backend = await makeBackend(name);
  try {
    const directory = model === undefined ? await chooseShipped([request.prompt]) : modelDirectory(model);
    const opened = await loadModel(directory, backend, signal === undefined ? {} : { signal });
    try {
      planGenerate(opened, request); // what is wrong comes before what may be
      for (const line of promptNotices(opened, { ...request, prompts: [request.prompt] })) onNotice(line);
      return await generateVideo(opened, request);
    } finally {
      await opened.close();
    }
  } finally {
    await backend.close();
  }
}
