/** Spacetime RoPE: where tokens stand on the four axes, and by how much two of them are turned against each other. */

import { scaleLog } from 'd3-scale';
import { line } from 'd3-shape';
import { gridRows, inverseFrequencies } from '../../src/browser.ts';
import type { StepInfo } from '../engine/protocol.ts';
import { Range } from '../parts/fields.tsx';
import { Heat } from '../parts/heat.tsx';
import { StepStrip, tokensOf } from '../parts/step-strip.tsx';
import { Term } from '../parts/term.tsx';
import { ViewHead } from '../parts/view-head.tsx';
import { usePage } from '../state/page.ts';

const AXES = ['scale', 'time', 'height', 'width'] as const;
const COLORS = ['#b06ad4', '#2a78d6', '#1d9a6c', '#e07a1f'];

export function Rope() {
  const { step, state, update, model, run } = usePage();
  const count = tokensOf(step);
  const [token, other] = [Math.min(state.token, count - 1), Math.min(state.other, count - 1)];
  const frequencies = inverseFrequencies({ head_dim: model.headDim, text_maxlen: model.textMax }); // (n)
  const positions = Array.from({ length: count }, (_, i) => positionOf(step, i, model.fullSize, model.textMax));
  const [a, b] = [positions[token], positions[other]];
  const likeness = positions.map((position) => {
    const angles = position.flatMap((p, axis) => Array.from(frequencies, (f) => Math.cos((p - a[axis]) * f)));
    return angles.reduce((sum, x) => sum + x, 0) / angles.length;
  });
  return (
    <section aria-label="Spacetime RoPE">
      <ViewHead title="Spacetime RoPE" paper="§3.4, appendix" steps={['R1', 'R2', 'R3']}>
        Pairs of a query's and a key's numbers are turned by their positions, so that a score depends on how far apart two tokens
        are: a quarter of the pairs each for <Term of="scale" />, time, height and width. Grids of all sizes stand on the coordinates
        of the largest.
      </ViewHead>
      <StepStrip />
      <div class="split">
        <div class="panel">
          <div class="controls">
            <Range label="Token A" value={token} min={0} max={count - 1} onInput={(next) => update({ token: next })} />
            <Range label="Token B" value={other} min={0} max={count - 1} onInput={(next) => update({ other: next })} />
          </div>
          <table class="numbers">
            <thead><tr>{['axis', 'A', 'B', 'apart'].map((name) => <th scope="col" key={name}>{name}</th>)}</tr></thead>
            <tbody>
              {AXES.map((axis, i) => (
                <tr key={axis}>
                  <th scope="row"><i class="dot" style={{ background: COLORS[i] }} />{axis}</th>
                  <td>{a[i]}</td><td>{b[i]}</td><td>{b[i] - a[i]}</td>
                </tr>
              ))}
            </tbody>
          </table>
          <figure>
            <figcaption>
              How alike the turns of A and of every token are (mean cosine of all pairs); click one to make it B
            </figcaption>
            <Heat start={step.start} size={step.size} strengths={likeness.map((x) => Math.max(0, (x - 0.4) / 0.6))}
              film={run.film} token={other}
              label="likeness of turns" onSelect={(next) => update({ other: next })} />
          </figure>
        </div>
        <div class="panel">
          <h3>Turn of B against A, pair by pair</h3>
          {AXES.map((axis, i) => (
            <div class="dials" key={axis}>
              <span>{axis}</span>
              {Array.from(frequencies, (f, pair) => (
                <Dial key={pair} angle={(b[i] - a[i]) * f} color={COLORS[i]} label={`${axis}, pair ${i * frequencies.length + pair}`} />
              ))}
            </div>
          ))}
          <h3>Frequencies: 10000<sup>−i/n</sup>, n = {frequencies.length} of {model.headDim / 2} pairs an axis</h3>
          <Frequencies values={frequencies} />
        </div>
      </div>
    </section>
  );
}

/** Where a token stands on the four axes. Step R3. @param full rows and columns of the largest scale. */
function positionOf({ realSi, start, size }: StepInfo, token: number, full: readonly [number, number], textMax: number) {
  const [, h, w] = size;
  return [
    textMax + realSi, start + Math.floor(token / (h * w)),
    gridRows(h, full[0])[Math.floor(token / w) % h], gridRows(w, full[1])[token % w],
  ] as const;
}

function Dial({ angle, color, label }: { readonly angle: number; readonly color: string; readonly label: string }) {
  const degrees = (angle * 180) / Math.PI;
  const [x, y] = [Math.cos(angle), Math.sin(angle)];
  const large = Math.abs(angle) % (2 * Math.PI) > Math.PI ? 1 : 0;
  const sweep = angle >= 0 ? 1 : 0;
  return (
    <svg class="dial" viewBox="-1.3 -1.3 2.6 2.6" role="img" aria-label={`${label}: ${degrees.toFixed(1)} degrees`}>
      <title>{`${label}: ${degrees.toFixed(1)}°`}</title>
      <circle r="1.1" class="face" />
      {Math.abs(angle) >= 2 * Math.PI
        ? <circle r="0.6" fill={color} opacity="0.35" />
        : <path d={`M0 0 L0.6 0 A0.6 0.6 0 ${large} ${sweep} ${0.6 * x} ${0.6 * y} Z`} fill={color} opacity="0.35" />}
      <line x2="1" y2="0" class="zero" />
      <line x2={x} y2={y} stroke={color} stroke-width="0.16" stroke-linecap="round" />
    </svg>
  );
}

function Frequencies({ values }: { readonly values: Float32Array }) {
  const y = scaleLog().domain([Math.min(...values), 1]).range([86, 8]);
  const x = (i: number): number => 40 + (i * 270) / Math.max(1, values.length - 1);
  const path = line<number>().x((_, i) => x(i)).y((f) => y(f))(Array.from(values)) ?? '';
  return (
    <svg class="chart" viewBox="0 0 330 112" role="img" aria-label={`frequencies from 1 down to ${Math.min(...values).toPrecision(2)}`}>
      <path d={path} fill="none" stroke="currentColor" stroke-width="1.5" />
      {Array.from(values, (f, i) => (
        <circle key={i} cx={x(i)} cy={y(f)} r="3.5" fill="currentColor"><title>{`pair ${i}: ${f.toPrecision(4)}`}</title></circle>
      ))}
      <text x="34" y="12" text-anchor="end">1</text>
      <text x="34" y="88" text-anchor="end">{Math.min(...values).toPrecision(1)}</text>
      <text x="175" y="108" text-anchor="middle">pair i: fast turns for neighbours, slow for afar</text>
    </svg>
  );
}
