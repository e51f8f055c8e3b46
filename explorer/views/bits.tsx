/** Every bit of a step, how it was decided, and what turning it changes. */

import { probabilityOfZero } from '../../src/browser.ts';
import type { StepValues } from '../engine/protocol.ts';
import { BitGrid } from '../parts/bit-grid.tsx';
import { DrawLine } from '../parts/draw-line.tsx';
import { Choice, Stat } from '../parts/fields.tsx';
import { differenceOf, FilmView } from '../parts/film.tsx';
import { nameOf, StepStrip, tokensOf } from '../parts/step-strip.tsx';
import { Term } from '../parts/term.tsx';
import { ViewHead } from '../parts/view-head.tsx';
import { runKey, useAnswer, usePage } from '../state/page.ts';
import { toggled } from '../state/state.ts';

export function Bits() {
  const page = usePage();
  const { step, engine, state, update } = page;
  const { value, error } = useAnswer(() => engine.call('step', step.index), `${runKey(page)} ${step.index}`);
  const token = Math.min(state.token, tokensOf(step) - 1);
  const bit = Math.min(state.bit, step.width - 1);
  const marked = new Set(state.flips.filter((flip) => flip.step === step.index).map((flip) => flip.bit));
  const fits = value?.bits.length === tokensOf(step) * step.width;
  return (
    <section aria-label="Bits">
      <ViewHead title="Bits" paper="§3.1, §4.1" steps={['T6', 'S5', 'Q2', 'Q3']}>
        A token is not one of many thousand words but a few independent <Term of="bit">bits</Term>, each drawn from two{' '}
        <Term of="logit">logits</Term> with one <Term of="uniform" />. Pale bits were nearly a coin toss; turn one and see what it meant.
      </ViewHead>
      <StepStrip />
      {error !== '' && <p class="error" role="alert">{error}</p>}
      {value !== undefined && fits && (
        <div class="split">
          <div class="scroll">
            <BitGrid size={step.size} width={step.width} bits={value.bits} certainty={(i) => certaintyOf(value, i)}
              marked={marked} token={token} bit={bit}
              label={`Bits of ${nameOf(step)}`} onSelect={(nextToken, nextBit) => update({ token: nextToken, bit: nextBit })} />
            <p class="key"><i class="one" /> 1 <i class="zero" /> 0 <i class="pale" /> uncertain <i class="turned" /> turned by you</p>
          </div>
          <Decision values={value} token={token} bit={bit} />
        </div>
      )}
      <Effect />
    </section>
  );
}

function certaintyOf({ guided }: StepValues, i: number): number {
  return Math.abs(2 * probabilityOfZero(guided[2 * i], guided[2 * i + 1]) - 1);
}

function Decision({ values, token, bit }: { readonly values: StepValues; readonly token: number; readonly bit: number }) {
  const { step, state, update } = usePage();
  const [, h, w] = step.size;
  const i = token * step.width + bit;
  const zero = probabilityOfZero(values.guided[2 * i], values.guided[2 * i + 1]);
  const turn = (bits: readonly number[]): void => {
    update({ flips: toggled(state.flips, bits.map((each) => ({ step: step.index, bit: each }))) });
  };
  const surest = values.margin.reduce((best, m, k) => (Math.abs(m) > Math.abs(values.margin[best]) ? k : best), 0);
  const whole = Array.from({ length: step.width }, (_, k) => token * step.width + k);
  const field = (label: string, value: number, most: number, key: 'token' | 'bit') => (
    <label>{label} <input type="number" min={0} max={most} value={value}
      onInput={(event) => update({ [key]: Math.min(Math.max(Number(event.currentTarget.value), 0), most) })} /></label>
  );
  return (
    <div class="panel">
      <h3>
        {field('Token', token, tokensOf(step) - 1, 'token')} {field('Bit', bit, step.width - 1, 'bit')}
      </h3>
      <p class="muted">latent frame {step.start + Math.floor(token / (h * w))}, row {Math.floor(token / w) % h}, column {token % w} · {step.vocabulary}</p>
      <DrawLine zero={zero} uniform={values.uniforms[i]} />
      <dl class="stats">
        <Stat name="drawn">{values.bits[i]}</Stat>
        <Stat name={<Term of="margin" />}>{values.margin[i].toFixed(3)}</Stat>
        <Stat name="logits l₀, l₁">{values.guided[2 * i].toFixed(3)}, {values.guided[2 * i + 1].toFixed(3)}</Stat>
        <Stat name="code">{values.bits[i] === 1 ? '+' : '−'}1/√{step.width}</Stat>
      </dl>
      <div class="buttons">
        <button type="button" class="primary" onClick={() => turn([i])}>Turn this bit</button>
        <button type="button" onClick={() => turn(whole)}>Turn the whole token</button>
        <button type="button" onClick={() => turn([surest])}>Turn the surest bit</button>
      </div>
    </div>
  );
}

/** Both videos and their difference. */
function Effect() {
  const page = usePage();
  const { state, engine, run, update } = page;
  const { flips, redraw } = state;
  const { value, error, busy } = useAnswer(
    async () => (flips.length === 0 ? undefined : engine.call('change', flips, redraw)),
    `${runKey(page)} ${redraw} ${flips.map(({ step, bit }) => `${step}.${bit}`).join()}`,
  );
  return (
    <div class="panel effect" aria-busy={busy}>
      <div class="effect-head">
        <h3>What it changes</h3>
        <Choice label="After the turned bits" value={redraw ? 'redraw' : 'decode'} onPick={(mode) => update({ redraw: mode === 'redraw' })}
          options={[['decode', 'decode only'], ['redraw', 'draw all that follows again, same uniforms']]} />
        <button type="button" disabled={flips.length === 0} onClick={() => update({ flips: [] })}>Undo all {flips.length > 0 ? `(${flips.length})` : ''}</button>
      </div>
      {error !== '' && <p class="error" role="alert">{error}</p>}
      {flips.length === 0 || value === undefined ? (
        <p class="muted">{flips.length === 0 ? 'No bit is turned yet.' : 'computing …'}</p>
      ) : (
        <>
          <div class="films">
            <figure><FilmView film={run.film} label="the video as drawn" /><figcaption>as drawn</figcaption></figure>
            <figure><FilmView film={value.film} label="the video with turned bits" /><figcaption>with {flips.length} turned</figcaption></figure>
            <figure><FilmView film={differenceOf(value.film, run.film)} label="difference of the two" /><figcaption>difference, 3 × as bright</figcaption></figure>
          </div>
          <p role="status" data-testid="effect">
            {value.bits} bits of the run differ; <Term of="PSNR" /> {Number.isFinite(value.psnr) ? `${value.psnr.toFixed(1)} dB` : 'infinite'}; {' '}
            {value.milliseconds.toFixed(0)} ms
          </p>
        </>
      )}
    </div>
  );
}
