/**
 * The unigram language model: the segmentation of a word with the largest sum of log probabilities.
 *
 *   best(0) = 0;  best(j) = max over entries w = word[i..j] of best(i) + score(w)
 *
 * by Viterbi, forward, in float64; a later candidate wins only if it is strictly better. Where no entry of
 * one character begins, an unknown one does, at the lowest score of the vocabulary − 10. Adjacent unknowns
 * become one token. Every entry takes part, `</s>` and its like with score 0 included.
 *
 * Source: Hugging Face tokenizers, models/unigram/model.rs:encode_optimized (after SentencePiece's
 * unigram_model.cc:EncodeOptimized; Kudo, arXiv 1804.10959). Spec X1.
 */

import { FileError } from '../../errors.ts';
import { PrefixTrie } from './prefix-trie.ts';

export interface VocabularyEntry {
  readonly text: string;
  /** Log probability. */
  readonly score: number;
}

export interface Token {
  readonly id: number;
  /** The text of the entry; an unknown token keeps its own. */
  readonly text: string;
}

const unknownPenalty = 10;
/** A longer entry would make the time per character long; SentencePiece's default limit is 16. */
const maxEntryLength = 1024;
/** Bounds the memory that a vocabulary can take; the largest common ones need 2 million. */
const maxTrieNodes = 8_000_000;

export class Unigram {
  private readonly trie = new PrefixTrie();
  private readonly ids = new Map<string, number>();
  private readonly unknownScore: number;

  /**
   * @param unknownId the id of unknown tokens.
   * @param file names the source in errors.
   * @throws FileError if the vocabulary is empty, has absurd entries, or does not have the unknown id.
   */
  constructor(
    readonly vocabulary: readonly VocabularyEntry[],
    readonly unknownId: number,
    file: string,
  ) {
    if (vocabulary[unknownId] === undefined) {
      throw new FileError(file, `unknown id ${unknownId} is not in the vocabulary of ${vocabulary.length}`);
    }
    let lowest = Infinity;
    for (const [id, { text, score }] of vocabulary.entries()) {
      if (!Number.isFinite(score)) throw new FileError(file, `vocabulary entry ${id} has score ${score}`);
      const length = text.length;
      if (length > maxEntryLength) throw new FileError(file, `vocabulary entry ${id} has ${length} characters`);
      this.trie.add(text, id);
      this.ids.set(text, id);
      if (this.trie.size > maxTrieNodes) throw new FileError(file, 'vocabulary is too large');
      lowest = Math.min(lowest, score);
    }
    this.unknownScore = lowest - unknownPenalty;
  }

  segment(word: string): Token[] {
    const characters = [...word];
    const best = new Float64Array(characters.length + 1);
    /** Where the best token that ends here begins; −1: none yet. */
    const from = new Int32Array(characters.length + 1).fill(-1);
    const id = new Int32Array(characters.length + 1);
    for (let start = 0; start < characters.length; start++) {
      let single = false;
      const offer = (end: number, entry: number, score: number): void => {
        const candidate = score + best[start];
        if (from[end] !== -1 && candidate <= best[end]) return;
        best[end] = candidate;
        from[end] = start;
        id[end] = entry;
      };
      this.trie.visitFrom(characters, start, (end, entry) => {
        offer(end, entry, this.vocabulary[entry].score);
        if (end === start + 1) single = true;
      });
      if (!single) offer(start + 1, this.unknownId, this.unknownScore);
    }
    return this.fuseUnknown(characters, from, id);
  }

  /** Walks the best path from its end. */
  private fuseUnknown(characters: readonly string[], from: Int32Array, id: Int32Array): Token[] {
    const tokens: Token[] = [];
    let end = characters.length;
    while (end > 0) {
      let start = from[end];
      if (id[end] === this.unknownId) {
        while (start > 0 && id[start] === this.unknownId) start = from[start]!;
      }
      const text = characters.slice(start, end).join('');
      tokens.push({ id: this.ids.get(text) ?? this.unknownId, text });
      end = start;
    }
    return tokens.reverse();
  }
}
