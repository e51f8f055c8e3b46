/** The page: the run above, one of seven views below, and the tour if it is wanted. */

import type { StepInfo } from './engine/protocol.ts';
import { FilmView } from './parts/film.tsx';
import { useKeys } from './parts/keys.ts';
import { RunForm } from './parts/run-form.tsx';
import { ThemeButton } from './parts/theme.tsx';
import { TourCard } from './parts/tour-card.tsx';
import { useClock } from './state/clock.ts';
import { PageContext } from './state/page.ts';
import { VIEWS } from './state/state.ts';
import type { ViewName } from './state/state.ts';
import { useSession } from './state/use-session.ts';
import type { Session } from './state/use-session.ts';
import { TOUR } from './tour.ts';
import { Attention } from './views/attention.tsx';
import { Bits } from './views/bits.tsx';
import { Guidance } from './views/guidance.tsx';
import { Pyramid } from './views/pyramid.tsx';
import { Rope } from './views/rope.tsx';
import { TokenizerView } from './views/tokenizer.tsx';
import { Traces } from './views/traces.tsx';

const TITLES: Readonly<Record<ViewName, string>> = {
  pyramid: 'Pyramid', bits: 'Bits', attention: 'Attention', rope: 'RoPE', guidance: 'Guidance', tokenizer: 'Tokenizer', traces: 'Traces',
};

export function App() {
  const session = useSession();
  const { state, update, shown, problem } = session;
  const clock = useClock(shown?.model.fps ?? 8);
  return (
    <>
      <header class="top">
        <a class="skip" href="#main" onClick={(event) => {
          event.preventDefault();
          document.querySelector<HTMLElement>('main')?.focus();
        }}>To the view</a>
        <h1>InfinityStar <small>drawn bit by bit</small></h1>
        <div class="top-links">
          <button type="button" onClick={() => update({ tour: 1, ...TOUR[0].state })}>Take the tour</button>
          <button type="button" aria-pressed={clock.playing} onClick={() => clock.setPlaying(!clock.playing)}>{clock.playing ? 'Stop motion' : 'Play motion'}</button>
          <ThemeButton />
          <a href="https://arxiv.org/abs/2511.04675" target="_blank" rel="noreferrer">Paper</a>
        </div>
      </header>
      <RunForm state={state} model={shown?.model} busy={session.busy} progress={session.progress}
        onRun={session.start} onCancel={session.cancel} />
      {problem !== '' && <p class="error" role="alert">{problem}</p>}
      <nav class="tabs" aria-label="Views">
        {VIEWS.map((view, i) => (
          <button type="button" key={view} aria-current={view === state.view ? 'page' : undefined} onClick={() => update({ view })}><span>{i + 1}</span> {TITLES[view]}</button>
        ))}
      </nav>
      <main id="main" tabIndex={-1} data-live={session.live} aria-busy={session.busy}>
        {shown === undefined ? <p class="muted waiting">{problem === '' ? 'Loading the model …' : ''}</p> : <Content session={session} clock={clock} />}
      </main>
      <footer>
        Every number on this page is computed by the library, here, and is the one that{' '}
        <code>infinitystar generate --trace</code> writes. Keys: 1–7 for the views, ← → for the steps.
      </footer>
    </>
  );
}

function Content({ session, clock }: { readonly session: Session; readonly clock: ReturnType<typeof useClock> }) {
  const { state, update, engine, live } = session;
  const { model, run, stills } = session.shown!;
  const isSelected = ({ clip, scale, repeat }: StepInfo): boolean => {
    return clip === state.clip && scale === state.scale && repeat === state.repeat;
  };
  const step = run.steps.find(isSelected) ?? run.steps.at(-1)!;
  useKeys(state, run, step, update);
  return (
    <PageContext.Provider value={{ state, update, engine, model, run, step, ...clock }}>
      <div class="result">
        <FilmView film={run.film} label={`the video: ${run.request.prompt}`} />
        <p>
          <strong>{run.request.prompt}</strong><br />
          <span class="muted">
            seed {run.request.seed} · {run.film.t === 1 ? 'a picture' : `${run.film.t} frames`} of {run.film.w}×{run.film.h} · {run.steps.length} steps ·{' '}
            {live ? `${run.seconds.toFixed(1)} s on ${model.backend}` : 'shown from a file while the model loads'} · model {model.name}
          </span><br />
          <span class="muted digest" title="SHA-256 of all bits, in the order of the steps">bits <code data-testid="digest">{run.digest.slice(0, 16)}</code></span>
          {run.notice !== '' && <span class="notice"> {run.notice}</span>}
        </p>
      </div>
      {live || state.view === 'pyramid' ? <View name={state.view} stills={stills} /> : <p class="muted waiting">The model is loading …</p>}
      <TourCard />
    </PageContext.Provider>
  );
}

function View({ name, stills }: { readonly name: ViewName; readonly stills: Parameters<typeof Pyramid>[0]['stills'] }) {
  switch (name) {
    case 'pyramid': return <Pyramid stills={stills} />;
    case 'bits': return <Bits />;
    case 'attention': return <Attention />;
    case 'rope': return <Rope />;
    case 'guidance': return <Guidance />;
    case 'tokenizer': return <TokenizerView />;
    case 'traces': return <Traces />;
  }
}
