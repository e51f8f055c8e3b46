/**
 * A video of any number of clips: continuation (generate.ts) in a loop. Every turn is given the last whole clip and the frame
 * before it as pixels, and adds one clip; so the length is not bound by what the model was trained for, and memory stays that of
 * two clips. What the tokenizer loses of a clip adds up from turn to turn.
 *
 *   video ← generate(prompt);   video ← video + (generate(prompt, start = its end) without that start)
 *
 * Turn i draws with seed + i. Source: tools/infer_video_480p.py (continuation of a video); the loop is ours.
 */

import { hostTensor, rowMajor } from '../array/host.ts';
import { ArgumentError } from '../errors.ts';
import type { Video } from '../io/picture.ts';
import { withoutFirst } from '../io/select-frames.ts';
import type { Model } from '../model/open.ts';
import { generateVideo, planGenerate } from './generate.ts';
import type { GenerateRequest } from './generate.ts';
import { defaultFrames } from './plan.ts';
import { readPrompts } from './prompts.ts';

/**
 * Yields the frames that each turn adds: first those of an ordinary generation, what is given among them, then a clip each time.
 * @param request without `frames`; `startAt` and what it says of a start hold for the first turn.
 * @throws ArgumentError unless `clips` is a positive integer; and as generateVideo.
 */
export async function* generateClips(model: Model, request: Omit<GenerateRequest, 'frames'>, clips: number): AsyncGenerator<Video> {
  if (!Number.isInteger(clips) || clips < 1) throw new ArgumentError('clips', 'a positive integer', clips);
  planGenerate(model, request);
  const { seed = 0 } = request;
  const [{ text }] = readPrompts(model, [request.prompt], seed); // what it leaves open is chosen once
  const given = 1 + clipFrames(model);
  let end: Video | undefined;
  for (let turn = 0; turn < clips; turn++) {
    const own = { ...request, prompt: text, seed: (seed + turn) % 2 ** 32 };
    const video = await generateVideo(model, end === undefined ? own : continued(own, end, given + clipFrames(model)));
    const fresh = end === undefined ? video : withoutFirst(video, given);
    yield fresh;
    const all = end === undefined ? video : joinVideos([end, fresh]);
    end = withoutFirst(all, Math.max(0, all.frames.shape[0] - given));
  }
}

function clipFrames({ config }: Pick<Model, 'config'>): number {
  return defaultFrames(config.schedule) - 1;
}

/** A later turn: a start that is one clip, whole. */
function continued(request: GenerateRequest, start: Video, frames: number): GenerateRequest {
  const rest = { ...request };
  for (const name of ['startAt', 'givenScales', 'asReleased'] as const) delete rest[name];
  return { ...rest, start, frames };
}

/** One after the other, of one size. */
export function joinVideos(videos: readonly Video[]): Video {
  const parts = videos.map(({ frames }) => rowMajor(frames));
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  const [first] = videos;
  const [, ...size] = first.frames.shape;
  return { ...first, frames: hostTensor(bytes, [videos.reduce((sum, { frames }) => sum + frames.shape[0], 0), ...size]) };
}
