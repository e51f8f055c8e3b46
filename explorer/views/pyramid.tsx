/** The spacetime pyramid as it is executed, with what has been drawn after every step. */

import { useEffect, useState } from 'preact/hooks';
import type { Film, StepInfo } from '../engine/protocol.ts';
import { Range, Stat } from '../parts/fields.tsx';
import { FilmView } from '../parts/film.tsx';
import { nameOf, selectionOf, tokensOf } from '../parts/step-strip.tsx';
import { Term } from '../parts/term.tsx';
import { ViewHead } from '../parts/view-head.tsx';
import { runKey, usePage } from '../state/page.ts';

/** @param stills what came with the page, until the run is a live one. */
export function Pyramid({ stills }: { readonly stills: readonly Film[] | undefined }) {
  const page = usePage();
  const { run, step, update } = page;
  const films = useFilms(stills);
  const [stepping, setStepping] = useState(false);
  useEffect(() => {
    if (!stepping) return;
    const timer = setTimeout(() => {
      const next = run.steps[step.index + 1];
      if (next === undefined) setStepping(false);
      else update(selectionOf(next));
    }, 700);
    return () => clearTimeout(timer);
  }, [stepping, step.index, run]);
  const go = (index: number): void => update(selectionOf(run.steps[Math.min(Math.max(index, 0), run.steps.length - 1)]));
  const play = (): void => {
    if (!stepping && step.index === run.steps.length - 1) go(0);
    setStepping(!stepping);
  };
  const bits = tokensOf(step) * step.width;
  return (
    <section aria-label="Pyramid">
      <ViewHead title="Spacetime pyramid" paper="§3.2, Fig. 2" steps={['P2', 'P4', 'S6', 'S7']}>
        A video is drawn from coarse to fine: first the image, then <Term of="clip" /> by clip, each from a single <Term of="token" /> a
        frame up to the full grid. Every <Term of="scale" /> sees the sum of all before it and adds what they lack; some are
        predicted twice, each <Term of="repetition" /> mending the last.
      </ViewHead>
      <div class="stage">
        <figure class="big">
          <FilmView film={films[step.index]} label={`drawn after ${nameOf(step)}`} />
          <figcaption>after step {step.index + 1} of {run.steps.length}</figcaption>
        </figure>
        <div class="stage-side">
          <div class="buttons" role="group" aria-label="Steps">
            <button type="button" onClick={() => go(step.index - 1)} disabled={step.index === 0}>◂ Step back</button>
            <button type="button" class="primary" onClick={play}>{stepping ? 'Pause' : 'Play the steps'}</button>
            <button type="button" onClick={() => go(step.index + 1)} disabled={step.index === run.steps.length - 1}>Step ▸</button>
          </div>
          <Range label="Step" value={step.index + 1} min={1} max={run.steps.length} shown={nameOf(step)} onInput={(value) => go(value - 1)} />
          <dl class="stats">
            <Stat name="grid t×h×w">{step.size.join(' × ')}</Stat>
            <Stat name="tokens">{tokensOf(step)}</Stat>
            <Stat name="bits">{bits} = {tokensOf(step)} × {step.width}</Stat>
            <Stat name={<Term of={`${step.vocabulary} vocabulary`}>vocabulary</Term>}>{step.vocabulary}</Stat>
            <Stat name="latent frames">{step.start}{step.end - step.start > 1 ? `–${step.end - 1}` : ''}</Stat>
            <Stat name="time">{step.milliseconds.toFixed(0)} ms</Stat>
          </dl>
        </div>
      </div>
      <Cards films={films} />
    </section>
  );
}

function Cards({ films }: { readonly films: readonly (Film | undefined)[] }) {
  const { run, step, update } = usePage();
  const clips = [...new Set(run.steps.map(({ clip }) => clip))];
  return (
    <div class="clips">
      {clips.map((clip) => (
        <div key={clip} class="clip">
          <h3>{clip === 0 ? 'Image: latent frame 0' : `Clip ${clip}`}</h3>
          <div class="cards">
            {run.steps.filter((each) => each.clip === clip).map((each) => (
              <button type="button" key={each.index} class="card" aria-current={each.index === step.index ? 'step' : undefined}
                onClick={() => update(selectionOf(each))}>
                <FilmView film={films[each.index]} label="" />
                <Grid size={each.size} />
                <span><span class="unseen-text">clip {clip}: </span>{each.size.join('×')}{each.repeat > 0 ? ' again' : ''}</span>
                <small>{tokensOf(each)} {tokensOf(each) === 1 ? 'token' : 'tokens'}, {each.milliseconds.toFixed(0)} ms</small>
              </button>
            ))}
          </div>
        </div>
      ))}
    </div>
  );
}

/** The step's tokens: frames one behind the other. */
function Grid({ size: [t, h, w] }: Pick<StepInfo, 'size'>) {
  const [cell, shift] = [Math.min(8, 32 / h), t > 1 ? 3 : 0];
  const frames = Math.min(t, 4);
  return (
    <svg class="grid" viewBox={`0 0 ${w * cell + frames * shift + 1} ${h * cell + frames * shift + 1}`} aria-hidden="true"
      width={w * cell + frames * shift + 1} height={h * cell + frames * shift + 1}>
      {Array.from({ length: frames }, (_, i) => frames - 1 - i).map((frame) => Array.from({ length: h * w }, (_, i) => (
        <rect key={`${frame}.${i}`} x={(i % w) * cell + frame * shift + 0.5} y={Math.floor(i / w) * cell + (frames - 1 - frame) * shift + 0.5}
          width={cell - 1} height={cell - 1} />
      )))}
    </svg>
  );
}

/** Decoded one after the other, the selected step's first. */
function useFilms(stills: readonly Film[] | undefined): readonly (Film | undefined)[] {
  const page = usePage();
  const { run, engine, step } = page;
  const [films, setFilms] = useState<readonly (Film | undefined)[]>(stills ?? []);
  const key = runKey(page);
  useEffect(() => {
    if (stills !== undefined) return;
    let stale = false;
    const load = async (): Promise<void> => {
      const order = [step.index, ...run.steps.map(({ index }) => index).filter((index) => index !== step.index)];
      const found: (Film | undefined)[] = [...films];
      for (const index of order) {
        if (stale) return;
        found[index] = index === run.steps.length - 1 ? run.film : await engine.call('after', index);
        if (!stale) setFilms([...found]);
      }
    };
    load().catch(() => undefined); // a run that was replaced meanwhile
    return () => {
      stale = true;
    };
  }, [key, stills === undefined]);
  return films;
}
