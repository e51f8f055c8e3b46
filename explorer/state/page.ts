/** What every part of the page can reach: the state, the engine, the run, the clock. */

import { createContext } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';
import { CancelledError } from '../engine/client.ts';
import type { EngineClient } from '../engine/client.ts';
import type { ModelInfo, RunInfo, StepInfo } from '../engine/protocol.ts';
import type { State } from './state.ts';

export interface Page {
  readonly state: State;
  readonly update: (change: Partial<State>) => void;
  readonly engine: EngineClient;
  readonly model: ModelInfo;
  readonly run: RunInfo;
  /** The selected step. */
  readonly step: StepInfo;
  /** Frames since the page was opened, at the model's rate; stands still while paused. */
  readonly tick: number;
  readonly playing: boolean;
  readonly setPlaying: (playing: boolean) => void;
}

export const PageContext = createContext<Page | undefined>(undefined);

export function usePage(): Page {
  const page = useContext(PageContext);
  if (page === undefined) throw new Error('outside of the page');
  return page;
}

export interface Answer<T> {
  readonly value: T | undefined;
  readonly error: string;
  readonly busy: boolean;
}

/** Asks again whenever `key` changes; keeps the last answer until the next is there. */
export function useAnswer<T>(ask: () => Promise<T>, key: string): Answer<T> {
  const [answer, setAnswer] = useState<Answer<T>>({ value: undefined, error: '', busy: true });
  useEffect(() => {
    let stale = false;
    setAnswer((last) => ({ ...last, busy: true }));
    ask().then(
      (value) => stale || setAnswer({ value, error: '', busy: false }),
      (error: unknown) => stale || setAnswer((last) => ({ ...last, error: messageOf(error), busy: false })),
    );
    return () => {
      stale = true;
    };
  }, [key]);
  return answer;
}

export function messageOf(error: unknown): string {
  return error instanceof CancelledError ? 'cancelled' : error instanceof Error ? error.message : String(error);
}

/** Says when the run, or what of it is asked for, is another one. */
export function runKey({ run }: Pick<Page, 'run'>): string {
  return run.digest + run.request.prompt + String(run.request.frames);
}
