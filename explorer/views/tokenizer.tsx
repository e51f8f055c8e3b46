/** The tokenizer on a picture or clip of one's own: what each scale's bits add, Fig. 6 live. */

import { scaleLinear } from 'd3-scale';
import { line } from 'd3-shape';
import { useState } from 'preact/hooks';
import type { Encoded, Film, Reconstructed } from '../engine/protocol.ts';
import { Range } from '../parts/fields.tsx';
import { FilmView } from '../parts/film.tsx';
import { readFilm } from '../parts/read-film.ts';
import { Term } from '../parts/term.tsx';
import { ViewHead } from '../parts/view-head.tsx';
import { messageOf, runKey, useAnswer, usePage } from '../state/page.ts';

interface Bench {
  readonly encoded: Encoded;
  /** With the first 1 … K scales of every clip kept. */
  readonly kept: readonly Reconstructed[];
}

export function TokenizerView() {
  const page = usePage();
  const { engine, model, run } = page;
  const [own, setOwn] = useState<{ readonly film: Film; readonly name: string } | undefined>(undefined);
  const [problem, setProblem] = useState('');
  const [number, setNumber] = useState(0);
  const film = own?.film ?? run.film;
  const { value, error, busy } = useAnswer(async (): Promise<Bench> => {
    const encoded = await engine.call('encode', film);
    const kept: Reconstructed[] = [];
    for (let scales = 1; scales <= model.scalesPerClip; scales++) kept.push(await engine.call('reconstruct', range(scales), 0));
    return { encoded, kept };
  }, `${own === undefined ? runKey(page) : number}`);
  const choose = async (files: readonly File[]): Promise<void> => {
    try {
      setOwn({ film: await readFilm(files, model.lengths.at(-1)!, model.fps), name: files.map(({ name }) => name).join(', ').slice(0, 80) });
      setNumber(number + 1);
      setProblem('');
    } catch (thrown) {
      setProblem(messageOf(thrown));
    }
  };
  return (
    <section aria-label="Tokenizer">
      <ViewHead title="Tokenizer" paper="§3.3, Fig. 6" steps={['V9', 'Q1', 'Q4', 'Q5', 'V10']}>
        Pixels become a small grid of <Term of="latent" /> features, and these a pyramid of bits: each <Term of="scale" /> says with signs what those
        before have left over. Give it a picture of your own; the shipped model knows one small world, and you will see where it
        ends.
      </ViewHead>
      <div class="panel drop" onDragOver={(event) => event.preventDefault()} onDrop={(event) => {
        event.preventDefault();
        void choose([...(event.dataTransfer?.files ?? [])]);
      }}>
        <label class="file">Picture, pictures or clip <input type="file" multiple accept="image/*,video/*" onChange={(event) => void choose([...(event.currentTarget.files ?? [])])} /></label>
        <button type="button" disabled={own === undefined} onClick={() => setOwn(undefined)}>The run's video</button>
        <span class="muted">{own?.name ?? 'the run\'s own video'}; or drop a file here. It stays on this machine.</span>
      </div>
      {(problem || error) !== '' && <p class="error" role="alert">{problem || error}</p>}
      <div aria-busy={busy}>{value !== undefined && <Kept key={String(number)} {...value} />}</div>
    </section>
  );
}

const range = (count: number): number[] => [...Array(count).keys()];

function Kept({ encoded, kept }: Bench) {
  return (
    <>
      <div class="films many">
        <figure><FilmView film={encoded.original} label="as the tokenizer sees it" /><figcaption>as the tokenizer sees it</figcaption></figure>
        {kept.map(({ film, psnr, bits }, i) => (
          <figure key={i}>
            <FilmView film={film} label={`with ${i + 1} scales`} />
            <figcaption>{i + 1} scale{i > 0 ? 's' : ''}: <strong>{psnr.toFixed(1)} dB</strong><br /><small>{bits} bits</small></figcaption>
          </figure>
        ))}
      </div>
      <div class="split">
        <div class="panel"><h3><Term of="PSNR" /> by scales kept</h3><Chart kept={kept} /></div>
        <Damage encoded={encoded} />
      </div>
    </>
  );
}

function Chart({ kept }: Pick<Bench, 'kept'>) {
  const values = kept.map(({ psnr }) => Math.min(psnr, 60));
  const y = scaleLinear().domain([Math.min(...values) - 2, Math.max(...values) + 2]).range([150, 14]);
  const x = (i: number): number => 46 + (i * 250) / Math.max(1, kept.length - 1);
  const path = line<number>().x((_, i) => x(i)).y((value) => y(value))(values) ?? '';
  return (
    <svg class="chart" viewBox="0 0 330 190" role="img" aria-label={values.map((value, i) => `${i + 1} scales ${value.toFixed(1)} dB`).join(', ')}>
      {y.ticks(4).map((tick) => (
        <g key={tick}><line x1="40" x2="305" y1={y(tick)} y2={y(tick)} class="rule" /><text x="34" y={y(tick) + 4} text-anchor="end">{tick}</text></g>
      ))}
      <path d={path} fill="none" stroke="rgb(42, 120, 214)" stroke-width="2.5" />
      {values.map((value, i) => (
        <g key={i}><circle cx={x(i)} cy={y(value)} r="5" fill="rgb(42, 120, 214)" /><text x={x(i)} y="170" text-anchor="middle">{i + 1}</text></g>
      ))}
      <text x="172" y="187" text-anchor="middle">scales of every clip, dB above</text>
    </svg>
  );
}

/** Scales left out, and bits turned at random. */
function Damage({ encoded }: Pick<Bench, 'encoded'>) {
  const { engine, model } = usePage();
  const [kept, setKept] = useState<readonly number[]>(range(model.scalesPerClip));
  const [noise, setNoise] = useState(0);
  const { value, error } = useAnswer(() => engine.call('reconstruct', kept, noise / 100), `${kept.join()} ${noise}`);
  const toggle = (scale: number): void => {
    const next = kept.includes(scale) ? kept.filter((each) => each !== scale) : [...kept, scale].sort((a, b) => a - b);
    if (next.length > 0) setKept(next);
  };
  return (
    <div class="panel">
      <h3>Leave scales out, turn bits</h3>
      <fieldset class="choice"><legend>Scales kept</legend>
        {range(model.scalesPerClip).map((scale) => {
          const { size: [, h, w], width } = encoded.steps.find((step) => step.scale === scale)!;
          return <label key={scale} class={kept.includes(scale) ? 'on' : ''}><input type="checkbox" checked={kept.includes(scale)} onChange={() => toggle(scale)} />{h}×{w}, {width} bits</label>;
        })}
      </fieldset>
      <Range label="Bits turned at random" min={0} max={30} value={noise} shown={`${noise} %`} onInput={setNoise} />
      {error !== '' && <p class="error" role="alert">{error}</p>}
      <figure class="medium"><FilmView film={value?.film} label="decoded from what is left" /><figcaption>{value === undefined ? '' : `${value.psnr.toFixed(1)} dB from ${value.bits} bits`}</figcaption></figure>
    </div>
  );
}
