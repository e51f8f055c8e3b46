/** A report of `kit check`: what to mend first, then case by case. */

import type { KitReport } from './kit-report-file.ts';

export function KitReportView({ report: { cases } }: { readonly report: KitReport }) {
  const first = cases.find(({ fault }) => fault !== undefined);
  const count = (status: string): number => cases.filter((each) => each.status === status).length;
  return (
    <div class="panel" data-testid="kit">
      <h3>kit check: {count('passed')} passed, {count('failed')} failed, {count('not run')} not run</h3>
      {first?.fault !== undefined && (
        <p class="verdict">Mend first: <strong>{first.fault.output}</strong> of {first.id} (step {first.fault.step}) {first.fault.where && `at ${first.fault.where}`}</p>
      )}
      <div class="scroll list" tabIndex={0} role="group" aria-label="Cases">
        <table class="numbers">
          <thead><tr><th scope="col">case</th><th scope="col">level</th><th scope="col">status</th><th scope="col">first fault</th></tr></thead>
          <tbody>
            {cases.slice(0, 2000).map(({ id, level, status, fault }) => (
              <tr key={id} class={status === 'failed' ? 'bad' : ''}>
                <th scope="row">{id}</th><td>{level}</td><td>{status}</td>
                <td>{fault === undefined ? '' : [fault.output, fault.step, fault.problem || fault.where, ...fault.causes].filter((part) => part !== '').join(' · ')}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}
