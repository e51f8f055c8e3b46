/**
 * Cutting a normalized text into the words that are segmented each on its own.
 *
 * Source: Hugging Face tokenizers, pre_tokenizers/whitespace.rs:WhitespaceSplit, pre_tokenizers/metaspace.rs. Spec X1.
 */

/** Takes a piece that is not empty, gives pieces that are not empty. */
export type PreTokenizer = (piece: string) => string[];

/** Splits at Unicode White_Space: it has U+0085 and lacks U+FEFF, unlike `\s`. */
export const whitespaceSplit: PreTokenizer = (piece) => piece.split(/\p{White_Space}/u).filter((word) => word !== '');

export interface Metaspace {
  /** The character that stands for a space, U+2581. */
  readonly replacement: string;
  /** Whether a piece that does not begin with it gets one. */
  readonly prepend: boolean;
  /** Whether every replacement begins a new word. */
  readonly split: boolean;
}

/** Spaces become the replacement; every word carries it in front. */
export function metaspace({ replacement, prepend, split }: Metaspace): PreTokenizer {
  return (piece) => {
    let text = piece.replaceAll(' ', replacement);
    if (prepend && !text.startsWith(replacement)) text = replacement + text;
    if (!split) return [text];
    const [first, ...rest] = text.split(replacement);
    return [...(first === '' ? [] : [first]), ...rest.map((word) => replacement + word)];
  };
}

/** The inverse, on the texts of the tokens: replacements become spaces, those of the first token vanish. */
export function metaspaceDecode({ replacement, prepend }: Metaspace, tokens: readonly string[]): string {
  return tokens
    .map((token, i) => token.replaceAll(replacement, i === 0 && prepend ? '' : ' '))
    .join('');
}
