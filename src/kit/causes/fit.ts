/** When a cause is confirmed: with it, the port's numbers are what they should be. */

/** How much of the squared error may stay unexplained: next to none, for another cause could leave as much. */
const UNEXPLAINED = 1e-3;

/** What the cause is held against. */
export interface Difference {
  readonly got: ArrayLike<number>;
  readonly right: ArrayLike<number>;
}

/** A cause, and what the output would be with it. */
export type Candidate = readonly [text: string, values: ArrayLike<number>];

/**
 * Share of the squared error that stays when the output is taken to be `candidate`; 1 where nothing is explained.
 * Not a number anywhere: nothing.
 */
export function unexplained({ got, right }: Difference, candidate: ArrayLike<number>): number {
  if (candidate.length !== right.length) return 1;
  let [before, after] = [0, 0];
  for (let i = 0; i < right.length; i++) {
    before += (got[i] - right[i]) ** 2;
    after += (got[i] - candidate[i]) ** 2;
  }
  const share = after / before;
  return share <= 1 ? share : 1;
}

export const isExplained = (difference: Difference, candidate: ArrayLike<number>): boolean => {
  return unexplained(difference, candidate) <= UNEXPLAINED;
};

/** Of candidates with their causes, the ones that fit best; several only if they fit as well. */
export function bestOf(difference: Difference, candidates: readonly Candidate[]): string[] {
  const shares = candidates.map(([text, values]) => [text, unexplained(difference, values)] as const);
  const least = Math.min(...shares.map(([, share]) => share));
  if (!(least <= UNEXPLAINED)) return [];
  return [...new Set(shares.filter(([, share]) => share <= 2 * least + 1e-9).map(([text]) => text))];
}
