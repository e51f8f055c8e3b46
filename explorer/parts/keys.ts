/** Keys of the page: 1–7 for the views, arrows for the steps; not where a field or a canvas takes keys itself. */

import { useEffect } from 'preact/hooks';
import type { RunInfo, StepInfo } from '../engine/protocol.ts';
import { VIEWS } from '../state/state.ts';
import type { State } from '../state/state.ts';
import { selectionOf } from './step-strip.tsx';

export function useKeys(state: State, run: RunInfo, step: StepInfo, update: (change: Partial<State>) => void): void {
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      const target = event.target as Element;
      if (event.ctrlKey || event.metaKey || event.altKey || target.closest('input, select, textarea, dialog, [role=application], pre, .scroll') !== null) return;
      const view = VIEWS[Number(event.key) - 1];
      const move = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (view !== undefined) update({ view });
      const next = run.steps[step.index + (move ?? 0)];
      if (move !== undefined && next !== undefined) update(selectionOf(next));
      if (event.key === 'Escape' && state.tour > 0) update({ tour: 0 });
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, [state, run, step]);
}
