/** Guidance and temperature of one step: the same logits of the head and the same uniforms, drawn again at once. */

import { useEffect, useRef, useState } from 'preact/hooks';
import type { GuidanceSettings, Redrawn, StepValues } from '../engine/protocol.ts';
import { ONE, ZERO } from '../parts/bit-grid.tsx';
import { Choice, Range, Stat } from '../parts/fields.tsx';
import { FilmView } from '../parts/film.tsx';
import { StepStrip, tokensOf } from '../parts/step-strip.tsx';
import { Term } from '../parts/term.tsx';
import { ViewHead } from '../parts/view-head.tsx';
import { runKey, useAnswer, usePage } from '../state/page.ts';

export function Guidance() {
  const page = usePage();
  const { step, engine, model, run, state, update } = page;
  const method = run.request.guidance ?? model.guidance;
  const usual: GuidanceSettings = { method, cfg: step.cfg, tau: step.tau, threshold: model.threshold };
  const [settings, setSettings] = useState(usual);
  useEffect(() => setSettings(usual), [runKey(page), step.index]);
  const values = useAnswer(() => engine.call('step', step.index), `${runKey(page)} ${step.index}`);
  const before = useAnswer(() => engine.call('after', step.index), `${runKey(page)} ${step.index}`);
  const redrawn = useAnswer(() => engine.call('redraw', step.index, settings), `${runKey(page)} ${step.index} ${JSON.stringify(settings)}`);
  const set = (change: Partial<GuidanceSettings>): void => setSettings({ ...settings, ...change });
  const i = Math.min(state.token, tokensOf(step) - 1) * step.width + Math.min(state.bit, step.width - 1);
  const fit = values.value?.bits.length === redrawn.value?.bits.length && values.value !== undefined;
  return (
    <section aria-label="Guidance and temperature">
      <ViewHead title="Guidance and temperature" paper="§3.1" steps={['S4', 'S5', 'T1']}>
        Every step runs twice, for the prompt and for a learned null text; <Term of="guidance" /> pushes the one's <Term of="logit">logits</Term> away
        from the other's, and <Term of="temperature" /> says how strictly the likelier bit is taken. Move the sliders: the step is drawn again with the
        same uniforms.
      </ViewHead>
      <StepStrip />
      <div class="split">
        <div class="panel">
          <Choice label="Method" value={settings.method} onPick={(method) => set({ method })} options={[['cfg', 'CFG'], ['apg', 'APG']]} />
          <Range label="Guidance scale s" min={1} max={20} step={0.25} value={settings.cfg} onInput={(cfg) => set({ cfg })} />
          <Range label="Temperature τ" min={0.05} max={2} step={0.05} value={settings.tau} shown={settings.tau.toFixed(2)} onInput={(tau) => set({ tau })} />
          <Range label="APG threshold" min={0} max={2} step={0.01} value={settings.threshold} shown={settings.threshold.toFixed(2)} onInput={(threshold) => set({ threshold })} />
          <div class="buttons"><button type="button" onClick={() => setSettings(usual)}>As drawn</button></div>
          {values.value !== undefined && redrawn.value !== undefined && fit && (
            <Bars values={values.value} redrawn={redrawn.value} i={i} tau={settings.tau} />
          )}
        </div>
        <div class="panel">
          {redrawn.error !== '' && <p class="error" role="alert">{redrawn.error}</p>}
          <div class="films two">
            <figure><FilmView film={before.value} label="after the step, as drawn" /><figcaption>as drawn: s {usual.cfg}, τ {usual.tau}</figcaption></figure>
            <figure><FilmView film={redrawn.value?.film} label="after the step, drawn again" /><figcaption>drawn again: s {settings.cfg}, τ {settings.tau.toFixed(2)}</figcaption></figure>
          </div>
          <p role="status" data-testid="redrawn">
            {redrawn.value === undefined ? 'computing …' : `${redrawn.value.changed} of ${redrawn.value.bits.length} bits are others; ${redrawn.value.milliseconds.toFixed(0)} ms`}
          </p>
          {values.value !== undefined && redrawn.value !== undefined && fit && (
            <Scatter values={values.value} redrawn={redrawn.value} selected={i}
              onSelect={(next) => update({ token: Math.floor(next / step.width), bit: next % step.width })} />
          )}
        </div>
      </div>
    </section>
  );
}

interface PartProps {
  readonly values: StepValues;
  readonly redrawn: Redrawn;
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** p(1) of one bit on its way from the head to the draw. */
function Bars({ values, redrawn, i, tau }: PartProps & { readonly i: number; readonly tau: number }) {
  const rows = [
    ['prompt', values.prompt[i]], ['null text', values.none[i]], ['prompt, tempered', values.prompt[i] / tau], ['guided, tempered', redrawn.difference[i]],
  ] as const;
  const { step } = usePage();
  return (
    <>
      <h3>Token {Math.floor(i / step.width)}, bit {i % step.width}</h3>
      <table class="bars">
        <thead><tr><th scope="col">logits of</th><th scope="col">l₁ − l₀</th><th scope="col">p(1)</th></tr></thead>
        <tbody>
          {rows.map(([name, difference]) => (
            <tr key={name}>
              <th scope="row">{name}</th><td>{difference.toFixed(3)}</td>
              <td><span class="meter"><span style={{ width: `${100 * sigmoid(difference)}%` }} /></span> {sigmoid(difference).toFixed(3)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <dl class="stats">
        <Stat name={<Term of="uniform" />}>{values.uniforms[i].toFixed(4)}</Stat>
        <Stat name="as drawn">{values.bits[i]}</Stat>
        <Stat name="drawn again">{redrawn.bits[i]}</Stat>
      </dl>
    </>
  );
}

const [SIDE, REACH] = [300, 30];

interface ScatterProps extends PartProps {
  readonly selected: number;
  readonly onSelect: (i: number) => void;
}

/** All bits: the prompt's against the guided difference of logits; those that came out otherwise are ringed. */
function Scatter({ values, redrawn, selected, onSelect }: ScatterProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const at = (x: number): number => SIDE / 2 + (Math.max(-REACH, Math.min(REACH, x)) * (SIDE / 2 - 8)) / REACH;
  useEffect(() => {
    const context = canvas.current!.getContext('2d')!;
    const ink = getComputedStyle(canvas.current!).color;
    context.setTransform(2, 0, 0, 2, 0, 0);
    context.clearRect(0, 0, SIDE, SIDE);
    context.strokeStyle = ink;
    context.globalAlpha = 0.3;
    context.strokeRect(8, SIDE / 2, SIDE - 16, 0);
    context.strokeRect(SIDE / 2, 8, 0, SIDE - 16);
    context.beginPath();
    context.moveTo(8, SIDE - 8);
    context.lineTo(SIDE - 8, 8);
    context.stroke();
    redrawn.bits.forEach((bit, i) => {
      const [x, y] = [at(values.prompt[i]), SIDE - at(redrawn.difference[i])];
      context.globalAlpha = 0.55;
      context.fillStyle = `rgb(${bit === 1 ? ONE : ZERO})`;
      context.fillRect(x - 1.5, y - 1.5, 3, 3);
      if (bit === values.bits[i] && i !== selected) return;
      context.globalAlpha = 1;
      context.strokeStyle = i === selected ? ink : '#d0235f';
      context.beginPath();
      context.arc(x, y, i === selected ? 6 : 4, 0, 7);
      context.stroke();
    });
  });
  const nearest = (event: MouseEvent): void => {
    const box = canvas.current!.getBoundingClientRect();
    const [px, py] = [((event.clientX - box.left) * SIDE) / box.width, ((event.clientY - box.top) * SIDE) / box.height];
    const away = (i: number): number => (at(values.prompt[i]) - px) ** 2 + (SIDE - at(redrawn.difference[i]) - py) ** 2;
    onSelect(redrawn.bits.reduce((best, _, i) => (away(i) < away(best) ? i : best), 0));
  };
  return (
    <figure>
      <canvas ref={canvas} class="scatter" width={2 * SIDE} height={2 * SIDE} role="img" onClick={nearest}
        aria-label="every bit: the prompt's difference of logits to the right, the guided and tempered one upwards; bits that changed are ringed" />
      <figcaption>→ prompt's l₁ − l₀ &nbsp; ↑ guided and tempered; ringed: another bit than before</figcaption>
    </figure>
  );
}
