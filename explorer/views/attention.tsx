/** What a scale may see, and what a token of it does look at. */

import { useState } from 'preact/hooks';
import type { EngineClient } from '../engine/client.ts';
import type { StepInfo, Values } from '../engine/protocol.ts';
import { Choice, Range, Stat } from '../parts/fields.tsx';
import { Heat } from '../parts/heat.tsx';
import { MaskMatrix } from '../parts/mask.tsx';
import { nameOf, StepStrip, tokensOf } from '../parts/step-strip.tsx';
import { Term } from '../parts/term.tsx';
import { ViewHead } from '../parts/view-head.tsx';
import { runKey, useAnswer, usePage } from '../state/page.ts';

export function Attention() {
  const page = usePage();
  const { step, state, update, engine, model } = page;
  const [row, setRow] = useState<'prompt' | 'null'>('prompt');
  const token = Math.min(state.token, tokensOf(step) - 1);
  const [block, head] = [Math.min(state.block, model.depth - 1), Math.min(state.head, model.heads - 1)];
  const { value, error } = useAnswer(
    () => weightsOf(engine, step, block, token, model.heads / model.keyHeads), `${runKey(page)} ${step.index} ${block} ${token}`,
  );
  return (
    <section aria-label="Attention">
      <ViewHead title="Sparse attention" paper="§3.4, Fig. 2" steps={['P3', 'T4', 'T5', 'T7']}>
        A <Term of="scale" /> sees the text, the largest scale of the clip before, and itself; of its own smaller scales it knows only what its
        input, the <Term of="running code" />, says. So memory stays the same however long the video grows.
      </ViewHead>
      <StepStrip />
      <div class="split">
        <MaskMatrix />
        <div class="panel">
          <div class="controls">
            <Range label="Token" value={token} min={0} max={tokensOf(step) - 1} onInput={(next) => update({ token: next })} />
            <Range label="Block" value={block} min={0} max={model.depth - 1} onInput={(next) => update({ block: next })} />
            <Range label="Head" value={head} min={0} max={model.heads - 1} onInput={(next) => update({ head: next })} />
          </div>
          <Choice label="Row" value={row} onPick={setRow} options={[['prompt', 'prompt'], ['null', 'null text']]} />
          {error !== '' && <p class="error" role="alert">{error}</p>}
          {value !== undefined && <Weights {...value} head={head} row={row === 'prompt' ? 0 : 1} token={token} />}
        </div>
      </div>
    </section>
  );
}

interface Found {
  readonly weights: Values;
  /** Of the first query in the table. */
  readonly first: number;
}

/** Weights come in blocks of rows (transformer/attention.ts); almost always there is one. */
async function weightsOf(engine: EngineClient, step: StepInfo, block: number, token: number, group: number): Promise<Found> {
  const name = `clip${step.clip}/scale${step.scale}/rep${step.repeat}/block${block}/attention/rows`;
  const weights = await engine.call('value', 'run', `${name}0/weights`); // (B, KV, G·n, S)
  const rows = weights.shape[2] / group;
  if (token < rows) return { weights, first: 0 };
  const first = Math.floor(token / rows) * rows;
  return { weights: await engine.call('value', 'run', `${name}${first}/weights`), first };
}

interface WeightsProps extends Found {
  readonly head: number;
  /** 0: the prompt's, 1: the null text's. */
  readonly row: number;
  readonly token: number;
}

function Weights({ weights, first, head, row, token }: WeightsProps) {
  const { run, step, model, update } = usePage();
  const [batch, keyHeads, groupRows, keys] = weights.shape as [number, number, number, number];
  const group = model.heads / keyHeads;
  const query = (head % group) * (groupRows / group) + token - first;
  const start = ((Math.min(row, batch - 1) * keyHeads + Math.floor(head / group)) * groupRows + query) * keys;
  const all = weights.data.subarray(start, start + keys);
  const references = step.references.map((si) => run.steps.findLast((each) => each.si === si)!);
  const lengths = [...references.map(tokensOf), run.words.length, tokensOf(step)];
  if (lengths.reduce((a, b) => a + b) !== keys) return null; // of another step than is selected by now
  const ends = lengths.map((_, i) => lengths.slice(0, i + 1).reduce((a, b) => a + b, 0));
  const part = (i: number): Float32Array => Float32Array.from(all.subarray(ends[i] - lengths[i], ends[i]));
  const sum = (values: Float32Array): string => `${(100 * values.reduce((a, b) => a + b, 0)).toFixed(1)} %`;
  const words = part(references.length);
  const own = part(references.length + 1);
  const most = Math.max(...all);
  const strengths = (values: Float32Array): Float32Array => values.map((x) => Math.sqrt(x / most));
  return (
    <>
      <dl class="stats">
        <Stat name="on words">{sum(words)}</Stat>
        {references.map((each, i) => <Stat key={each.si} name={`on clip ${each.clip}, ${each.size.join('×')}`}>{sum(part(i))}</Stat>)}
        <Stat name="on its own scale">{sum(own)}</Stat>
      </dl>
      <p class="words" aria-label="weights on words">
        {run.words.map((word, i) => (
          <span key={i} title={words[i].toFixed(4)} style={{ background: `rgba(224, 150, 31, ${Math.sqrt(words[i] / most).toFixed(3)})` }}>
            {word.replaceAll('▁', '')} <small>{(100 * words[i]).toFixed(1)}</small>
          </span>
        ))}
      </p>
      {references.map((each, i) => (
        <figure key={each.si}>
          <figcaption>{nameOf(each)}</figcaption>
          <Heat start={each.start} size={each.size} strengths={strengths(part(i))} film={run.film} label={`weights on ${nameOf(each)}`} />
        </figure>
      ))}
      <figure>
        <figcaption>its own tokens: {nameOf(step)} (click one to ask for it)</figcaption>
        <Heat start={step.start} size={step.size} strengths={strengths(own)} film={run.film} token={token} label="weights on its own scale"
          onSelect={(next) => update({ token: next })} />
      </figure>
    </>
  );
}
