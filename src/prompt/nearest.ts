/**
 * Known words that an unknown one may have meant: those at the smallest edit distance, in which a letter too many, missing,
 * wrong, or two neighbours exchanged count 1 (optimal string alignment; Damerau 1964):
 *
 *   d[i, j] = min(d[i−1, j] + 1, d[i, j−1] + 1, d[i−1, j−1] + (aᵢ ≠ bⱼ), d[i−2, j−2] + 1 if aᵢ₋₁aᵢ = bⱼbⱼ₋₁)
 */

export interface NearWord {
  readonly word: string;
  readonly distance: number;
}

/** Longer words are not compared: their cost is the product of lengths. */
const LONGEST = 32;

/** @returns at most `most` words, the nearest first, none farther than half of the word's letters. */
export function nearestWords(word: string, known: Iterable<string>, most = 3): NearWord[] {
  if (word.length > LONGEST) return [];
  const limit = Math.max(1, Math.floor(word.length / 2));
  const found: NearWord[] = [];
  for (const other of known) {
    if (Math.abs(other.length - word.length) > limit) continue;
    const distance = editDistance(word, other);
    if (distance <= limit) found.push({ word: other, distance });
  }
  return found.sort((a, b) => a.distance - b.distance || (a.word < b.word ? -1 : 1)).slice(0, most);
}

export function editDistance(a: string, b: string): number {
  let [before, last] = [[] as number[], Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      row[j] = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) row[j] = Math.min(row[j], before[j - 2] + 1);
    }
    [before, last] = [last, row];
  }
  return last[b.length];
}
