/**
 * The text tokenizer of T5: special tokens cut out → normalized → split into words → unigram → `</s>`.
 *
 * Own components instead of a library, because ids must be exact in Node and in a browser. The library of the
 * format's makers for JavaScript (@huggingface/tokenizers 0.2) misses 103 of the 573 public golden texts: it ignores
 * the charsmap. With an exact normalizer in its place it still misses 9: it splits at `\s`, where the format means
 * Unicode White_Space, and treats special texts that only normalization makes as if they had been cut out before.
 * Their Rust library is exact, but has no build for browsers. What T5 uses of the format is small.
 *
 * Source: Hugging Face tokenizers, tokenizer/mod.rs; infinity tools/run_infinity.py:encode_prompt. Spec X1.
 */

import { ArgumentError } from '../../errors.ts';
import type { Normalizer } from './normalizer.ts';
import type { Metaspace, PreTokenizer } from './pre-tokenizer.ts';
import { metaspaceDecode } from './pre-tokenizer.ts';
import type { SpecialTokens } from './special-tokens.ts';
import type { Token, Unigram } from './unigram.ts';

/** What a tokenizer file describes. */
export interface TokenizerParts {
  readonly specials: SpecialTokens;
  readonly normalizers: readonly Normalizer[];
  readonly preTokenizers: readonly PreTokenizer[];
  readonly model: Unigram;
  /** Tokens put before and after every text. */
  readonly opening: readonly Token[];
  readonly closing: readonly Token[];
  readonly decoder: Metaspace;
}

export interface Encoding {
  /** With the closing token, at most as many as asked for. */
  readonly ids: Int32Array;
  /** The texts of the ids. */
  readonly tokens: readonly string[];
  /** Tokens that the limit cut off. */
  readonly truncated: number;
}

export class Tokenizer {
  constructor(private readonly parts: TokenizerParts) {}

  /** One more than the largest id that {@link encode} can give: rows that an embedding table must have. */
  get vocabularySize(): number {
    return this.parts.model.vocabulary.length;
  }

  /**
   * @param maxLength limit on the number of ids; the closing token is kept, the text before it is cut.
   * @throws ArgumentError if the limit has no room for the opening and closing tokens.
   */
  encode(text: string, maxLength = Infinity): Encoding {
    const { opening, closing } = this.parts;
    const room = maxLength - opening.length - closing.length;
    if (!(room >= 0)) {
      throw new ArgumentError('maxLength', `at least ${opening.length + closing.length}`, maxLength);
    }
    const all = this.segment(text);
    const kept = [...opening, ...all.slice(0, room), ...closing];
    return {
      ids: Int32Array.from(kept, ({ id }) => id),
      tokens: kept.map((token) => token.text),
      truncated: Math.max(0, all.length - room),
    };
  }

  /** The text as the model's vocabulary sees it, special tokens not considered. */
  normalize(text: string): string {
    return this.parts.normalizers.reduce((value, normalizer) => normalizer(value), wellFormed(text));
  }

  /** The text of ids; special tokens and ids outside of the vocabulary are left out. */
  decode(ids: Iterable<number>): string {
    const { specials, model, decoder } = this.parts;
    const skipped = specials.skipped;
    const texts = [...ids].flatMap((id) => specials.text(id) ?? model.vocabulary[id]?.text ?? []);
    return metaspaceDecode(decoder, texts.filter((text) => !skipped.has(text)));
  }

  private segment(text: string): Token[] {
    const { specials, preTokenizers, model } = this.parts;
    const tokens: Token[] = [];
    for (const cut of specials.cut(wellFormed(text))) {
      if ('token' in cut) {
        tokens.push(cut.token);
        continue;
      }
      const normalized = this.normalize(cut.raw);
      let words = normalized === '' ? [] : [normalized];
      for (const split of preTokenizers) words = words.flatMap(split);
      for (const word of words) for (const token of model.segment(word)) tokens.push(token);
    }
    return tokens;
  }
}

/** Lone surrogates, which no UTF-8 file can hold, become U+FFFD. */
function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\uFFFD');
}
