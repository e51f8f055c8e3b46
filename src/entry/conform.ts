/** `infinitystar/conform`: golden cases, run on any backend and compared. */

export type { Case, ExpectedOutput, Kind, Results } from '../conform/case.ts';
export { kinds } from '../conform/kinds/index.ts';
export { findCases, loadCase } from '../conform/load.ts';
export { formatReport } from '../conform/report.ts';
export { runCase } from '../conform/run.ts';
export type { CaseReport, Divergence } from '../conform/run.ts';
export { shippedFixture } from '../model/default.ts';
