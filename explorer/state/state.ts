/**
 * What is being looked at, and of which run: all of it is in the address, so that a link shows what its sender saw. Addresses
 * come from anywhere: what does not fit is left at its default.
 */

import type { Flip } from '../engine/protocol.ts';

export const VIEWS = ['pyramid', 'bits', 'attention', 'rope', 'guidance', 'tokenizer', 'traces'] as const;
export type ViewName = (typeof VIEWS)[number];

export interface State {
  readonly view: ViewName;
  // The run
  readonly prompt: string;
  readonly seed: number;
  /** 0: the model's own length. */
  readonly frames: number;
  readonly cfg?: number;
  readonly guidance?: 'cfg' | 'apg';
  readonly tauImage?: number;
  readonly tauVideo?: number;
  readonly backend: string;
  // The selection
  readonly clip: number;
  readonly scale: number;
  readonly repeat: number;
  readonly token: number;
  readonly bit: number;
  /** A second token, to be compared with the first. */
  readonly other: number;
  readonly block: number;
  readonly head: number;
  // What was changed
  readonly flips: readonly Flip[];
  readonly redraw: boolean;
  /** Stop of the tour, from 1; 0: no tour. */
  readonly tour: number;
}

/** No run has such a clip: the last step is selected. */
const LAST = 1000;

export const DEFAULTS: State = {
  view: 'pyramid', prompt: 'a red circle moving right on a white background', seed: 0, frames: 0, backend: 'wasm',
  clip: LAST, scale: 0, repeat: 0, token: 0, bit: 0, other: 0, block: 0, head: 0, flips: [], redraw: false, tour: 0,
};

const MAX_PROMPT = 500;
const MAX_FLIPS = 4096;

/** @param hash as in `location.hash`. */
export function parseState(hash: string): State {
  const given = new URLSearchParams(hash.replace(/^#/, ''));
  const whole = (key: string, most: number, fallback = 0): number => {
    const text = given.get(key);
    const value = text === null || !/^\d{1,10}$/.test(text) ? NaN : Number(text);
    return value <= most ? value : fallback;
  };
  const positive = (key: string): number | undefined => {
    const value = Number(given.get(key) ?? NaN);
    return value > 0 && value <= 1000 ? value : undefined;
  };
  const guidance = given.get('guidance');
  const [cfg, tauImage, tauVideo] = ['cfg', 'tau-image', 'tau-video'].map(positive);
  return {
    view: VIEWS.find((view) => view === given.get('view')) ?? DEFAULTS.view,
    prompt: given.get('prompt')?.slice(0, MAX_PROMPT) ?? DEFAULTS.prompt,
    seed: whole('seed', 2 ** 32 - 1), frames: whole('frames', 1000), backend: /^[\w-]{1,20}$/.exec(given.get('backend') ?? '')?.[0] ?? 'wasm',
    ...(cfg === undefined ? {} : { cfg }),
    ...(guidance === 'cfg' || guidance === 'apg' ? { guidance } : {}),
    ...(tauImage === undefined ? {} : { tauImage }),
    ...(tauVideo === undefined ? {} : { tauVideo }),
    clip: whole('clip', LAST, LAST), scale: whole('scale', 100), repeat: whole('rep', 100), token: whole('token', 1e7), bit: whole('bit', 1000),
    other: whole('other', 1e7), block: whole('block', 1000), head: whole('head', 1000),
    flips: parseFlips(given.get('flips') ?? ''), redraw: given.get('redraw') === '1', tour: whole('tour', 12),
  };
}

/** `3.17-3.18`: bits 17 and 18 of step 3. */
function parseFlips(text: string): Flip[] {
  const found = [...text.matchAll(/(?:^|-)(\d{1,6})\.(\d{1,9})(?=-|$)/g)].slice(0, MAX_FLIPS);
  return found.map(([, step, bit]) => ({ step: Number(step), bit: Number(bit) }));
}

/** The part of the address; what is at its default is left out. */
export function formatState(state: State): string {
  const parts = new URLSearchParams();
  const add = (key: string, value: string | number | undefined, normal: string | number | undefined): void => {
    if (value !== undefined && value !== normal) parts.set(key, String(value));
  };
  add('view', state.view, '');
  for (const key of ['prompt', 'seed', 'frames', 'backend'] as const) add(key, state[key], DEFAULTS[key]);
  add('cfg', state.cfg, undefined);
  add('guidance', state.guidance, undefined);
  add('tau-image', state.tauImage, undefined);
  add('tau-video', state.tauVideo, undefined);
  for (const key of ['clip', 'scale', 'token', 'bit', 'other', 'block', 'head', 'tour'] as const) add(key, state[key], DEFAULTS[key]);
  add('rep', state.repeat, 0);
  add('flips', state.flips.map(({ step, bit }) => `${step}.${bit}`).join('-'), '');
  add('redraw', Number(state.redraw), 0);
  return `#${parts.toString()}`;
}

/** Turned if it was not, and back if it was. */
export function toggled(flips: readonly Flip[], turned: readonly Flip[]): Flip[] {
  const key = ({ step, bit }: Flip): string => `${step}.${bit}`;
  const left = new Map(flips.map((flip) => [key(flip), flip]));
  for (const flip of turned) if (!left.delete(key(flip))) left.set(key(flip), flip);
  return [...left.values()];
}
