/**
 * The session: the state in the address, the worker, and the run that belongs to them. At first the run that came with the page
 * is shown; a live one of the same settings takes its place as soon as the model is there.
 */

import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { EngineClient } from '../engine/client.ts';
import type { ModelInfo, Progress } from '../engine/protocol.ts';
import { loadFirst } from './first.ts';
import type { Shown } from './first.ts';
import { messageOf } from './page.ts';
import { formatState, parseState } from './state.ts';
import type { State } from './state.ts';

export interface Session {
  readonly state: State;
  readonly update: (change: Partial<State>) => void;
  readonly engine: EngineClient;
  readonly shown: Shown | undefined;
  readonly live: boolean;
  readonly busy: boolean;
  readonly problem: string;
  readonly progress: Progress | undefined;
  readonly start: (change: Partial<State>) => void;
  readonly cancel: () => void;
}

/** What makes a run another one. */
const settingsOf = ({ prompt, seed, frames, cfg, guidance, tauImage, tauVideo, backend }: State): string =>
  JSON.stringify([prompt, seed, frames, cfg, guidance, tauImage, tauVideo, backend]);

/** gpu.js has a worker of its own: it is large. */
function startEngine(backend: string): EngineClient {
  return new EngineClient(new URL(/^web/.test(backend) ? 'worker-gpu.js' : 'worker.js', document.baseURI));
}

export function useSession(): Session {
  const [state, setState] = useState(() => parseState(location.hash));
  const [shown, setShown] = useState<Shown | undefined>(undefined);
  const [busy, setBusy] = useState(true);
  const [problem, setProblem] = useState('');
  const [progress, setProgress] = useState<Progress | undefined>(undefined);
  const [attempt, setAttempt] = useState(0);
  const [engine, setEngine] = useState(() => startEngine(state.backend));
  /** What the worker was started for: a backend that could not be opened leaves its worker, which knows no other. */
  const startedFor = useRef(state.backend);
  const opened = useRef<{ readonly backend: string; readonly model: ModelInfo } | undefined>(undefined);

  const update = useCallback((change: Partial<State>) => setState((last) => ({ ...last, ...change })), []);

  useEffect(() => {
    const timer = setTimeout(() => history.replaceState(null, '', formatState(state)), 150);
    return () => clearTimeout(timer);
  }, [state]);
  useEffect(() => {
    const follow = (): void => setState(parseState(location.hash));
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  useEffect(() => {
    loadFirst(state).then((first) => setShown((last) => last ?? first), () => undefined); // the live run follows
  }, []);

  const settings = settingsOf(state);
  useEffect(() => {
    let stale = false;
    const compute = async (): Promise<void> => {
      let client = engine;
      client.onProgress = setProgress;
      if (opened.current?.backend !== state.backend) {
        if (startedFor.current !== state.backend) {
          client.close();
          startedFor.current = state.backend;
          client = startEngine(state.backend);
          client.onProgress = setProgress;
          setEngine(client);
        }
        opened.current = undefined;
        const model = await client.call('open', new URL('model', document.baseURI).href, state.backend);
        opened.current = { backend: state.backend, model };
      }
      const { model } = opened.current;
      const { prompt, seed, cfg, guidance, tauImage, tauVideo } = state;
      const run = await client.call('run', {
        prompt, seed, frames: state.frames || model.defaultFrames, flips: [],
        ...(cfg === undefined ? {} : { cfg }), ...(guidance === undefined ? {} : { guidance }),
        ...(tauImage === undefined ? {} : { tauImage }), ...(tauVideo === undefined ? {} : { tauVideo }),
      });
      if (!stale) setShown({ model, run, stills: undefined });
    };
    setBusy(true);
    setProblem('');
    compute().catch((error: unknown) => stale || setProblem(messageOf(error))).finally(() => stale || setBusy(false));
    return () => {
      stale = true;
      engine.cancel();
    };
  }, [settings, attempt]);

  const start = useCallback((change: Partial<State>) => {
    update(change);
    setAttempt((last) => last + 1);
  }, []);
  const cancel = useCallback(() => engine.cancel(), [engine]);
  return {
    state, update, engine, shown, live: shown !== undefined && shown.stills === undefined, busy, problem, progress, start, cancel,
  };
}
