/**
 * Special tokens: texts like `</s>` that are cut out of the raw text before anything else, leftmost first and
 * of those the longest.
 *
 * Source: Hugging Face tokenizers, tokenizer/added_vocabulary.rs:find_matches. Spec X1.
 */

import { isWhiteSpace } from './normalizer.ts';
import { PrefixTrie } from './prefix-trie.ts';
import type { Token } from './unigram.ts';

export interface SpecialToken {
  readonly id: number;
  readonly content: string;
  /** Whether decoding leaves it out. */
  readonly special: boolean;
  /** Whether it takes the white space on this side with it. */
  readonly lstrip: boolean;
  readonly rstrip: boolean;
}

/** A piece of raw text, or a token in it. */
export type Cut = { readonly raw: string } | { readonly token: Token };

export class SpecialTokens {
  private readonly trie = new PrefixTrie();
  private readonly texts = new Map<number, string>();

  constructor(private readonly tokens: readonly SpecialToken[]) {
    tokens.forEach((token, i) => {
      this.trie.add(token.content, i);
      this.texts.set(token.id, token.content);
    });
  }

  /** The text of a token that was added here. */
  text(id: number): string | undefined {
    return this.texts.get(id);
  }

  /** The texts that decoding leaves out. */
  get skipped(): ReadonlySet<string> {
    return new Set(this.tokens.filter(({ special }) => special).map(({ content }) => content));
  }

  /** Pieces that are not empty and the tokens between them, in order. */
  cut(text: string): Cut[] {
    const characters = [...text];
    const cuts: Cut[] = [];
    let done = 0;
    const rawUntil = (end: number): void => {
      if (end > done) cuts.push({ raw: characters.slice(done, end).join('') });
    };
    for (let start = 0; start < characters.length; ) {
      const found = this.longestAt(characters, start);
      if (found === undefined) {
        start++;
        continue;
      }
      const { id, content, lstrip, rstrip } = found.token;
      let [left, right] = [start, found.end];
      if (lstrip) while (left > done && isWhiteSpace(characters[left - 1])) left--;
      if (rstrip) while (right < characters.length && isWhiteSpace(characters[right])) right++;
      rawUntil(left);
      cuts.push({ token: { id, text: content } });
      start = done = right;
    }
    rawUntil(characters.length);
    return cuts;
  }

  private longestAt(text: readonly string[], start: number): { token: SpecialToken; end: number } | undefined {
    let found: { token: SpecialToken; end: number } | undefined;
    this.trie.visitFrom(text, start, (end, i) => {
      found = { token: this.tokens[i], end };
    });
    return found;
  }
}
