/** Two traces, stage by stage: where they first part, and how far apart they are from there on. */

import { useAnswer, usePage } from '../state/page.ts';

export function CompareTable({ both }: { readonly both: boolean }) {
  const { engine } = usePage();
  const { value, error, busy } = useAnswer(() => engine.call('compare'), '');
  if (error !== '') return <p class="error" role="alert">{error}</p>;
  if (busy || value === undefined) return <p class="muted">comparing …</p>;
  const compared = value.filter(({ status }) => status !== 'missing');
  const first = compared.find(({ status }) => status !== 'equal');
  const equal = compared.filter(({ status }) => status === 'equal').length;
  return (
    <div class="panel" data-testid="compare">
      <h3>{both ? 'Trace A against trace B' : 'This run against the trace that is open'}</h3>
      <p class="verdict">
        {compared.length === 0 ? 'The two have no stage in common.' : first === undefined ? `All ${equal} common stages are equal, bit for bit.` : (
          <>
            They first part at <strong>{first.name}</strong> (step {first.step})
            {first.first && first.values && ` [${first.first.join(', ')}]: ${first.values[0].toPrecision(6)} and ${first.values[1].toPrecision(6)}`}
            {first.status === 'shape' && ': the shapes differ'}
          </>
        )}
      </p>
      {first !== undefined && (
        <div class="scroll list" tabIndex={0} role="group" aria-label="Stages that differ">
          <table class="numbers">
            <thead><tr><th scope="col">stage</th><th scope="col">step</th><th scope="col">largest |A − B|</th><th scope="col">elements</th></tr></thead>
            <tbody>
              {compared.filter(({ status }) => status !== 'equal').slice(0, 500).map(({ name, step, status, largest, count }) => (
                <tr key={name} class={name === first.name ? 'bad' : ''}><th scope="row">{name}</th><td>{step}</td><td>{status === 'shape' ? 'shape' : largest.toPrecision(3)}</td><td>{count}</td></tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}
