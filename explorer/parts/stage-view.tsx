/** One stage: what it is, its histogram, its numbers, and the last two axes as a picture. */

import { scaleLinear } from 'd3-scale';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { TraceStage } from '../../src/browser.ts';
import type { TraceSlot, Values } from '../engine/protocol.ts';
import { useAnswer, usePage } from '../state/page.ts';
import { Range, Stat } from './fields.tsx';

export function StageView({ slot, stage }: { readonly slot: TraceSlot; readonly stage: TraceStage }) {
  const { engine } = usePage();
  const { value, error } = useAnswer(() => engine.call('value', slot, stage.name), `${slot} ${stage.name}`);
  return (
    <div class="panel" data-testid="stage">
      <h3>{stage.name}</h3>
      <dl class="stats">
        <Stat name="step">{stage.step}</Stat><Stat name="shape">{stage.shape.join(' × ')}</Stat><Stat name="type">{stage.dtype}</Stat>
        <Stat name="min">{stage.min.toPrecision(5)}</Stat><Stat name="max">{stage.max.toPrecision(5)}</Stat>
        <Stat name="mean">{stage.mean.toPrecision(5)}</Stat><Stat name="std">{stage.std.toPrecision(5)}</Stat>
        {stage.notFinite > 0 && <Stat name="not finite">{stage.notFinite}</Stat>}
      </dl>
      {error !== '' && <p class="error" role="alert">{error}</p>}
      {value !== undefined && <><Histogram values={value.data} min={stage.min} max={stage.max} /><Slice value={value} /></>}
    </div>
  );
}

const BINS = 48;

function Histogram({ values, min, max }: { readonly values: ArrayLike<number>; readonly min: number; readonly max: number }) {
  const counts = new Float64Array(BINS);
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) counts[Math.min(BINS - 1, Math.floor(((values[i] - min) / (max - min || 1)) * BINS))] += 1;
  }
  const y = scaleLinear().domain([0, Math.sqrt(Math.max(...counts))]).range([0, 70]);
  return (
    <svg class="chart" viewBox="0 0 330 96" role="img" aria-label={`histogram from ${min.toPrecision(4)} to ${max.toPrecision(4)}`}>
      {Array.from(counts, (count, i) => {
        const height = y(Math.sqrt(count));
        return <rect key={i} x={5 + (i * 320) / BINS} y={76 - height} width={320 / BINS - 1} height={height} fill="rgb(42, 120, 214)"><title>{count}</title></rect>;
      })}
      <text x="5" y="92">{min.toPrecision(4)}</text>
      <text x="325" y="92" text-anchor="end">{max.toPrecision(4)}</text>
      <text x="165" y="92" text-anchor="middle">root of the counts</text>
    </svg>
  );
}

const SHOWN = 12;

function Slice({ value: { shape, data } }: { readonly value: Values }) {
  const [rows, columns] = shape.length === 0 ? [1, 1] : shape.length === 1 ? [1, shape[0]] : [shape.at(-2)!, shape.at(-1)!];
  const slices = Math.max(1, data.length / (rows * columns || 1));
  const [slice, setSlice] = useState(0);
  const part = data.subarray(slice * rows * columns, (slice + 1) * rows * columns);
  return (
    <>
      {slices > 1 && <Range label="Slice of the last two axes" value={slice} min={0} max={slices - 1} onInput={setSlice} />}
      <PlaneView rows={rows} columns={columns} part={part} />
      <div class="scroll" tabIndex={0} role="group" aria-label="Numbers">
        <table class="numbers plain">
          <tbody>
            {Array.from({ length: Math.min(rows, SHOWN) }, (_, row) => (
              <tr key={row}>
                <th scope="row">{row}</th>
                {Array.from({ length: Math.min(columns, SHOWN) }, (_, column) => (
                  <td key={column}>{short(part[row * columns + column])}</td>
                ))}
                {columns > SHOWN && <td>…</td>}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

const short = (x: number): string => (Number.isInteger(x) ? String(x) : x.toPrecision(4));

interface PlaneProps {
  readonly rows: number;
  readonly columns: number;
  readonly part: ArrayLike<number>;
}

/** Blue above 0, orange below, to the largest size in the slice. */
function PlaneView({ rows, columns, part }: PlaneProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [h, w] = [Math.min(rows, 512), Math.min(columns, 1024)];
  useEffect(() => {
    const picture = new ImageData(w, h);
    let most = 0;
    for (let i = 0; i < part.length; i++) if (Number.isFinite(part[i])) most = Math.max(most, Math.abs(part[i]));
    for (let y = 0; y < h; y++) {
      for (let x = 0; x < w; x++) {
        const value = part[y * columns + x];
        picture.data.set(value >= 0 ? [42, 120, 214] : [224, 122, 31], 4 * (y * w + x));
        picture.data[4 * (y * w + x) + 3] = Number.isFinite(value) ? 255 * Math.sqrt(Math.abs(value) / (most || 1)) : 255;
      }
    }
    canvas.current!.getContext('2d')!.putImageData(picture, 0, 0);
  }, [part, h, w]);
  return <canvas ref={canvas} class="plane" width={w} height={h} role="img" aria-label={`${rows} rows and ${columns} columns as a picture: blue above 0, orange below`} style={{ aspectRatio: `${Math.max(w, 1)} / ${Math.max(h, w / 12)}` }} />;
}
