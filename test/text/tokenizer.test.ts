/** The tokenizer: both file forms, its components, invariants over random texts. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ArgumentError } from '../../src/errors.ts';
import { graphemeClusters } from '../../src/text/unigram/grapheme-clusters.ts';
import { replaceRuns, strip } from '../../src/text/unigram/normalizer.ts';
import { metaspace, metaspaceDecode, whitespaceSplit } from '../../src/text/unigram/pre-tokenizer.ts';
import { SpecialTokens } from '../../src/text/unigram/special-tokens.ts';
import { parseSpiece } from '../../src/text/unigram/spiece.ts';
import { parseTokenizerJson } from '../../src/text/unigram/tokenizer-json.ts';
import { Unigram } from '../../src/text/unigram/unigram.ts';

const golden = join(import.meta.dirname, '../../fixtures/golden/text');
const models = join(golden, '_models');
const fromJson = (name: string) => {
  return parseTokenizerJson(readFileSync(join(models, `${name}.tokenizer.json`), 'utf8'), name);
};
const fromModel = (name: string, extraIds: number) => {
  return parseSpiece(readFileSync(join(models, `${name}.model`)), name, extraIds);
};
const nfkc = fromJson('nfkc.split');
const rules = fromJson('rules.split');

const telling = fc.constantFrom(
  ' ', 'a', 'e', 'A', '\u0301', '\u030a', '½', '\u0338', '\u0085', '\ufeff', '\u2581', '</s>', '<extra_id_0>', '<',
  '\u200d', '😀', '\r\n',
);
const anyCharacter = fc.string({ unit: 'binary' });
const anyText = fc.string({
  unit: fc.oneof({ arbitrary: anyCharacter, weight: 1 }, { arbitrary: telling, weight: 3 }),
  maxLength: 40,
});

describe('spiece.model', () => {
  const cases = readdirSync(golden).filter((name) => /^unigram-.*-split-/.test(name));

  it.each(cases)('gives the ids of tokenizer.json in %s', (name) => {
    const { items } = JSON.parse(readFileSync(join(golden, name, 'out.json'), 'utf8')) as {
      items: { text: string; ids: number[]; normalized: string; decoded: string }[];
    };
    const tokenizer = name.includes('nfkc') ? fromModel('nfkc', 100) : fromModel('rules', 0);
    for (const { text, ids, normalized, decoded } of items) {
      expect([...tokenizer.encode(text).ids]).toEqual(ids);
      expect(tokenizer.normalize(text)).toBe(normalized);
      expect(tokenizer.decode(ids)).toBe(decoded);
    }
  });

  it('gives the ids of tokenizer.json for any text', () => {
    const model = fromModel('nfkc', 100);
    fc.assert(fc.property(anyText, (text) => {
      expect(model.encode(text)).toEqual(nfkc.encode(text));
    }), { numRuns: 300 });
  });
});

describe('tokenizer', () => {
  it.each([['nfkc', nfkc], ['rules', rules]] as const)('covers any text with valid ids (%s)', (_name, tokenizer) => {
    fc.assert(fc.property(anyText, (text) => {
      const { ids, tokens, truncated } = tokenizer.encode(text);
      expect(ids.at(-1)).toBe(1);
      expect(ids.length).toBe(tokens.length);
      expect(truncated).toBe(0);
      expect([...ids].every((id) => id >= 0 && id < tokenizer.vocabularySize)).toBe(true);
      expect(tokenizer.decode(ids)).not.toContain('\u2581');
    }), { numRuns: 300 });
  });

  it('loses no character of the words', () => {
    fc.assert(fc.property(anyText, (text) => {
      fc.pre(!/<\/s>|<extra_id_0>/.test(text));
      const words = nfkc.normalize(text).split(/\p{White_Space}/u).filter((word) => word !== '');
      expect(nfkc.encode(text).tokens.slice(0, -1).join('')).toBe(words.map((word) => `\u2581${word}`).join(''));
    }), { numRuns: 300 });
  });

  it('cuts the end of a long text and keeps </s>', () => {
    const text = 'cat dog '.repeat(40);
    const all = nfkc.encode(text);
    fc.assert(fc.property(fc.integer({ min: 1, max: all.ids.length + 3 }), (limit) => {
      const { ids, truncated } = nfkc.encode(text, limit);
      expect(ids.length).toBe(Math.min(limit, all.ids.length));
      expect([...ids]).toEqual([...all.ids.slice(0, ids.length - 1), 1]);
      expect(truncated).toBe(all.ids.length - ids.length);
    }));
    expect(() => nfkc.encode(text, 0)).toThrow(ArgumentError);
    expect(() => nfkc.encode(text, NaN)).toThrow(ArgumentError);
  });

  it('takes time in proportion to the text', () => {
    // Intl.Segmenter alone would take 18 s for the first.
    const texts = ['a'.repeat(100_000), ...['ab ', '\u0301', '<', '😀', '</s>'].map((unit) => unit.repeat(15_000))];
    for (const text of texts) {
      const started = performance.now();
      expect(nfkc.encode(text, 512).ids.length).toBeLessThanOrEqual(512);
      expect(performance.now() - started).toBeLessThan(8000);
    }
  }, 60_000);

  it('treats lone surrogates as U+FFFD', () => {
    expect(rules.encode('a\ud83d b\ude00')).toEqual(rules.encode('a\ufffd b\ufffd'));
  });

  it('needs nothing that a browser lacks', () => {
    const folder = join(import.meta.dirname, '../../src/text/unigram');
    for (const file of readdirSync(folder)) {
      expect(readFileSync(join(folder, file), 'utf8')).not.toMatch(/from 'node:|\bBuffer\b|\bprocess\b/);
    }
  });
});

describe('Unigram', () => {
  const letters = 'abc';
  const entry = fc.record({
    text: fc.string({ unit: fc.constantFrom(...letters), minLength: 1, maxLength: 3 }),
    score: fc.integer({ min: -6, max: 0 }), // so that sums are exact and ties are common
  });

  it('finds the best of all segmentations', () => {
    const vocabulary = fc.uniqueArray(entry, { selector: ({ text }) => text, maxLength: 12 });
    const word = fc.string({ unit: fc.constantFrom(...letters), minLength: 1, maxLength: 7 });
    fc.assert(fc.property(vocabulary, word, (entries, text) => {
      const all = [{ text: '<unk>', score: 0 }, ...entries];
      const scores = new Map(all.map((item) => [item.text, item.score]));
      const unknown = Math.min(...scores.values()) - 10;
      const scoreOf = (piece: string) => scores.get(piece) ?? (piece.length === 1 ? unknown : -Infinity);
      const best = (rest: string): number => {
        if (rest === '') return 0;
        return Math.max(...[1, 2, 3].slice(0, rest.length).map((n) => scoreOf(rest.slice(0, n)) + best(rest.slice(n))));
      };
      const tokens = new Unigram(all, 0, 'test').segment(text);
      const scored = tokens.map((token) => (token.id === 0 ? unknown * token.text.length : scores.get(token.text)!));
      const total = scored.reduce((sum, score) => sum + score, 0);
      expect(tokens.map((token) => token.text).join('')).toBe(text);
      expect(total).toBe(best(text));
      expect(tokens.some((token, i) => i > 0 && token.id === 0 && tokens[i - 1].id === 0)).toBe(false);
    }), { numRuns: 1000 });
  });

  it('keeps the earlier candidate of two equal ones', () => {
    const scores = { '<unk>': 0, a: -1, ab: -2, b: -1 };
    const all = Object.entries(scores).map(([text, score]) => ({ text, score }));
    expect(new Unigram(all, 0, 'test').segment('ab')).toEqual([{ id: 2, text: 'ab' }]);
  });

  it('joins adjacent unknowns, whatever characters they are', () => {
    const model = new Unigram([{ text: '<unk>', score: 0 }, { text: 'a', score: -1 }], 0, 'test');
    expect(model.segment('x😀a猫')).toEqual([{ id: 0, text: 'x😀' }, { id: 1, text: 'a' }, { id: 0, text: '猫' }]);
    expect(model.segment('')).toEqual([]);
  });
});

describe('special tokens', () => {
  const plain = { special: true, lstrip: false, rstrip: false };

  it('are cut leftmost first, then longest', () => {
    const specials = new SpecialTokens([
      { id: 5, content: 'ab', ...plain },
      { id: 6, content: 'abc', ...plain },
      { id: 7, content: 'bcd', ...plain },
    ]);
    expect(specials.cut('xabcd')).toEqual([{ raw: 'x' }, { token: { id: 6, text: 'abc' } }, { raw: 'd' }]);
    expect(specials.cut('')).toEqual([]);
  });

  it('take white space along where they say so', () => {
    const specials = new SpecialTokens([{ id: 5, content: '#', special: true, lstrip: true, rstrip: true }]);
    expect(specials.cut('a \u0085# # b')).toEqual([
      { raw: 'a' },
      { token: { id: 5, text: '#' } },
      { token: { id: 5, text: '#' } },
      { raw: 'b' },
    ]);
  });
});

describe('grapheme clusters', () => {
  it('are those of the whole text, in windows of any size', () => {
    const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });
    const unit = fc.constantFrom(
      'a', ' ', '\r', '\n', '\u0301', '\u200d', '😀', '👩', '\u{1f3fd}', '\u{1f1eb}', '\u{1f1f7}', '\u{e0067}',
      '\u0600', '\u1100', '\u1161', '\uac01', '\u0915', '\u094d', '\u0937', '\u0e33',
    );
    fc.assert(fc.property(fc.string({ unit, maxLength: 60 }), fc.integer({ min: 1, max: 20 }), (text, size) => {
      const whole = Array.from(segmenter.segment(text), ({ segment }) => segment);
      expect([...graphemeClusters(text, size)]).toEqual(whole);
    }), { numRuns: 1000 });
  });
});

describe('normalizers and pre-tokenizers', () => {
  it('strip Unicode White_Space', () => {
    expect(strip(false, true)(' a\u0085 ')).toBe(' a');
    expect(strip(true, false)('\u3000 a ')).toBe('a ');
    expect(strip(true, true)('\ufeff')).toBe('\ufeff');
    expect(strip(true, true)('  ')).toBe('');
  });

  it('replace runs', () => {
    expect(replaceRuns(' ', 2, '_')(' a  b     c ')).toBe(' a_b_c ');
    expect(replaceRuns(' ', 2, '_')('a  ')).toBe('a_');
  });

  it('split at White_Space: U+0085 is, U+FEFF is not', () => {
    expect(whitespaceSplit(' a\u0085b\u3000\ufeffc ')).toEqual(['a', 'b', '\ufeffc']);
  });

  it('put the replacement in front of every word', () => {
    const space = { replacement: '_', prepend: true, split: true };
    expect(metaspace(space)('a b')).toEqual(['_a', '_b']);
    expect(metaspace(space)('_a_')).toEqual(['_a', '_']);
    expect(metaspace({ ...space, prepend: false })('a b')).toEqual(['a', '_b']);
    expect(metaspace({ ...space, split: false })('a b')).toEqual(['_a_b']);
    expect(metaspaceDecode(space, ['_a', 'b', '_c'])).toBe('ab c');
    expect(metaspaceDecode({ ...space, prepend: false }, ['_a', '_c'])).toBe(' a c');
  });
});
