/** Compares the weights that a model needs with those that there are, and says by name what does not fit. */

import type { Shape } from '../array/host.ts';
import { sameShape } from '../array/host.ts';

/** For so many keys of each kind the nearest one is looked for. */
const MOST_NEAREST = 10;

export interface KeyReport {
  /** `'norm.weigth' (the file has 'norm.weight')` and the like, one for each weight. */
  readonly missing: readonly string[];
  readonly mismatched: readonly string[];
  readonly extra: readonly string[];
}

export function matchKeys(
  expected: ReadonlyMap<string, Shape>,
  got: ReadonlyMap<string, { readonly shape: Shape }>,
): KeyReport {
  const missing = [...expected.keys()].filter((key) => !got.has(key));
  const extra = [...got.keys()].filter((key) => !expected.has(key));
  return {
    missing: withNearest(missing, extra, 'the file has'),
    mismatched: [...expected].flatMap(([key, shape]) => {
      const found = got.get(key);
      if (found === undefined || sameShape(found.shape, shape)) return [];
      return [`'${key}' (expected [${shape.join(', ')}], got [${found.shape.join(', ')}])`];
    }),
    extra: withNearest(extra, missing.length > 0 ? missing : [...expected.keys()], 'nearest is'),
  };
}

/** `3 missing: a, b, …`, or nothing for no items. */
export function summary(word: string, items: readonly string[], most = 5): string[] {
  if (items.length === 0) return [];
  const rest = items.length > most ? [`and ${items.length - most} more`] : [];
  return [`${items.length} ${word}: ${[...items.slice(0, most), ...rest].join(', ')}`];
}

function withNearest(keys: readonly string[], candidates: readonly string[], words: string): string[] {
  return keys.map((key, i) => {
    const nearest = i < MOST_NEAREST ? nearestKey(key, candidates.slice(0, 5000)) : undefined;
    return nearest === undefined ? `'${key}'` : `'${key}' (${words} '${nearest}')`;
  });
}

/** The candidate with the fewest edits, if they are at most a third of the key. */
export function nearestKey(key: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let fewest = Math.floor(key.length / 3);
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - key.length) > fewest) continue;
    const edits = editDistance(key, candidate);
    if (edits <= fewest && (best === undefined || edits < fewest)) [best, fewest] = [candidate, edits];
  }
  return best;
}

/** Levenshtein: insertions, deletions and replacements of characters. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + Number(a[i - 1] !== b[j - 1])));
    }
    row = next;
  }
  return row[b.length];
}
