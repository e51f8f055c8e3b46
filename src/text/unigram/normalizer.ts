/**
 * The normalizers beside the charsmap that T5's tokenizers use: white space stripped, runs replaced.
 *
 * Source: Hugging Face tokenizers, normalizers/strip.rs, normalizers/replace.rs. Spec X1.
 */

export type Normalizer = (text: string) => string;

/** Removes white space (Unicode White_Space, which `\s` is not) at the ends. */
export function strip(left: boolean, right: boolean): Normalizer {
  return (text) => {
    let start = 0;
    let end = text.length; // every white space is one code unit
    if (left) while (start < end && isWhiteSpace(text[start])) start++;
    if (right) while (end > start && isWhiteSpace(text[end - 1])) end--;
    return text.slice(start, end);
  };
}

/** Replaces every run of at least `least` of a character; longer runs as one. */
export function replaceRuns(character: string, least: number, content: string): Normalizer {
  return (text) => {
    let out = '';
    let run = 0;
    const flush = (): string => (run >= least ? content : character.repeat(run));
    for (const next of text) {
      if (next === character) {
        run++;
        continue;
      }
      out += flush() + next;
      run = 0;
    }
    return out + flush();
  };
}

export function isWhiteSpace(character: string): boolean {
  return /^\p{White_Space}$/u.test(character);
}
