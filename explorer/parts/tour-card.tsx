/** The guided tour: a card that says what is to be seen, and sets the page. */

import { usePage } from '../state/page.ts';
import { TOUR } from '../tour.ts';

export function TourCard() {
  const { state, update } = usePage();
  const stop = TOUR[state.tour - 1];
  if (stop === undefined) return null;
  const go = (tour: number): void => update({ tour, ...(TOUR[tour - 1]?.state ?? {}) });
  return (
    <aside class="tour" aria-label="Guided tour">
      <p class="muted">Stop {state.tour} of {TOUR.length}</p>
      <h2 aria-live="polite">{stop.title}</h2>
      <p>{stop.text}</p>
      <div class="buttons">
        <button type="button" onClick={() => go(state.tour - 1)} disabled={state.tour === 1}>Back</button>
        {state.tour < TOUR.length
          ? <button type="button" class="primary" onClick={() => go(state.tour + 1)}>Next</button>
          : <button type="button" class="primary" onClick={() => update({ tour: 0 })}>Done</button>}
        <button type="button" onClick={() => update({ tour: 0 })}>Leave the tour</button>
      </div>
    </aside>
  );
}
