/**
 * The run that comes with the page, so that there is something to see before the model is: `first.json`, and `first.png` with the
 * frames of the video and then one picture a step, one below the other. scripts/build-explorer.ts makes both.
 */

import type { Film, ModelInfo, RunInfo } from '../engine/protocol.ts';
import { DEFAULTS } from './state.ts';
import type { State } from './state.ts';

export interface Shown {
  readonly model: ModelInfo;
  readonly run: RunInfo;
  /** Of a run that came with the page: what was drawn after every step. */
  readonly stills: readonly Film[] | undefined;
}

interface First {
  readonly model: ModelInfo;
  readonly run: Omit<RunInfo, 'film'> & { readonly film: Omit<Film, 'data'> };
}

/** @throws Error unless the state is that of the run that came with the page. */
export async function loadFirst(state: State): Promise<Shown> {
  const usual = (['prompt', 'seed', 'frames', 'cfg', 'guidance', 'tauImage', 'tauVideo', 'backend'] as const).every((key) => state[key] === DEFAULTS[key]);
  if (!usual) throw new Error('another run');
  const response = await fetch('first.json');
  if (!response.ok) throw new Error('none');
  const { model, run } = (await response.json()) as First;
  const picture = await createImageBitmap(await (await fetch('first.png')).blob());
  const { t, h, w } = run.film;
  const context = new OffscreenCanvas(w, picture.height).getContext('2d', { willReadFrequently: true })!;
  context.drawImage(picture, 0, 0);
  const frames = (start: number, count: number): Film => {
    const pixels = context.getImageData(0, start * h, w, count * h).data;
    const data = Uint8Array.from({ length: count * h * w * 3 }, (_, i) => pixels[Math.floor(i / 3) * 4 + (i % 3)]);
    return { t: count, h, w, data };
  };
  return { model, run: { ...run, film: frames(0, t) }, stills: run.steps.map((_, i) => frames(t + i, 1)) };
}
