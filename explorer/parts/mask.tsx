/** What every segment of the sequence may see, as a matrix: rows ask, columns answer. Sides grow with the root of the tokens. */

import type { RunInfo, StepInfo } from '../engine/protocol.ts';
import { usePage } from '../state/page.ts';
import { selectionOf, tokensOf } from './step-strip.tsx';

interface Segment {
  readonly name: string;
  readonly tokens: number;
  readonly si: number;
  readonly references: readonly number[];
  readonly step?: StepInfo;
}

const TEXT = -1;

export function MaskMatrix() {
  const { run, step, update } = usePage();
  const segments = segmentsOf(run);
  const sides = segments.map(({ tokens }) => 6 + 3.2 * Math.sqrt(tokens));
  const starts = sides.map((_, i) => sides.slice(0, i).reduce((a, b) => a + b, 0));
  const total = starts.at(-1)! + sides.at(-1)!;
  const seenBy = (query: Segment): number => segments.reduce((sum, key) => sum + (sees(query, key) ? key.tokens : 0), 0);
  const seen = segments.reduce((sum, query) => sum + query.tokens * seenBy(query), 0);
  const all = segments.reduce((sum, { tokens }) => sum + tokens, 0);
  return (
    <figure class="mask">
      <svg viewBox={`-34 -16 ${total + 36} ${total + 18}`} role="img"
        aria-label={`Attention mask of ${segments.length} segments: ${Math.round((100 * seen) / all ** 2)} % of all pairs of tokens are seen`}>
        {segments.map((query, i) => segments.map((key, j) => (
          <rect key={`${i}.${j}`} x={starts[j]} y={starts[i]} width={sides[j] - 1} height={sides[i] - 1}
            class={`${sees(query, key) ? (key.si === TEXT ? 'text' : key.si === query.si ? 'own' : 'former') : 'unseen'} ${query.si === step.si ? 'row' : ''}`} />
        )))}
        {segments.map((query, i) => (
          <text key={i} x={-4} y={starts[i] + sides[i] / 2 + 3} text-anchor="end" class={query.si === step.si ? 'here' : ''}>{query.name}</text>
        ))}
        {segments.map(({ step: target }, i) => target && (
          <rect key={i} class="hit" x={0} y={starts[i]} width={total} height={sides[i]} onClick={() => update(selectionOf(target))} />
        ))}
      </svg>
      <figcaption>
        <span class="swatch text" /> text <span class="swatch former" /> former scale <span class="swatch own" /> itself ·{' '}
        {Math.round((100 * seen) / all ** 2)} % of {all}² pairs
      </figcaption>
    </figure>
  );
}

function sees(query: Segment, key: Segment): boolean {
  return key.si === query.si || (query.si !== TEXT && (key.si === TEXT || query.references.includes(key.si)));
}

function segmentsOf({ steps, words }: RunInfo): Segment[] {
  const last = new Map(steps.map((step) => [step.si, step]));
  const scales = [...last.values()].map((step) => ({
    name: `${step.clip}·${step.size[1]}²`, tokens: tokensOf(step), si: step.si, references: step.references, step,
  }));
  return [{ name: 'text', tokens: words.length, si: TEXT, references: [] }, ...scales];
}
