/** All executed steps in a row, clip by clip: a bar for each, the higher the more tokens it has. Pressed, it is selected. */

import { scaleSqrt } from 'd3-scale';
import type { StepInfo } from '../engine/protocol.ts';
import { usePage } from '../state/page.ts';

export const tokensOf = ({ size: [t, h, w] }: Pick<StepInfo, 'size'>): number => t * h * w;

export const nameOf = ({ clip, scale, repeat, size }: Pick<StepInfo, 'clip' | 'scale' | 'repeat' | 'size'>): string =>
  `clip ${clip}, scale ${scale} (${size.join('×')}), repetition ${repeat + 1}`;

export function StepStrip() {
  const { run, step, update } = usePage();
  const most = Math.max(...run.steps.map(tokensOf));
  const height = scaleSqrt().domain([0, most]).range([8, 44]);
  const clips = [...new Set(run.steps.map(({ clip }) => clip))];
  return (
    <nav class="strip" aria-label="Steps of the run">
      {clips.map((clip) => (
        <div key={clip} class="strip-clip">
          <span class="strip-name">{clip === 0 ? 'image' : `clip ${clip}`}</span>
          <div class="strip-bars">
            {run.steps.filter((each) => each.clip === clip).map((each) => (
              <button type="button" key={each.index} class={`bar ${each.vocabulary}`} aria-current={each.index === step.index ? 'step' : undefined}
                title={nameOf(each)} onClick={() => update(selectionOf(each))}>
                <span class="column" style={{ height: `${height(tokensOf(each))}px` }} />
                <span class="unseen-text">{nameOf(each)}</span>
                <small aria-hidden="true">{each.size[1]}{each.repeat > 0 ? '′'.repeat(each.repeat) : ''}</small>
              </button>
            ))}
          </div>
        </div>
      ))}
    </nav>
  );
}

export function selectionOf({ clip, scale, repeat }: Pick<StepInfo, 'clip' | 'scale' | 'repeat'>) {
  return { clip, scale, repeat };
}
