import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editDistance, nearestWords } from '../../src/prompt/nearest.ts';
import { quoted } from '../../src/prompt/reader.ts';
import { wordsOf } from '../../src/prompt/words.ts';

describe('words', () => {
  it.each([
    ['A Red Circle.', 'a red circle'],
    ['  face—with\ttears, of JOY!! ', 'face with tears of joy'],
    ['piñata; PIN\u0303ATA', 'pinata pinata'],
    ['one o’clock, man\'s shoe', 'one oclock mans shoe'],
    ['T-Rex №５ ﬁre', 't rex no5 fire'],
    ['…!? 🐓', ''],
  ])('%s', (text, words) => expect(wordsOf(text).join(' ')).toBe(words));

  it('stay as they are when read again', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => {
      const words = wordsOf(text);
      expect(wordsOf(words.join(' '))).toEqual(words);
    }));
  });
});

describe('the edit distance', () => {
  it.each([['rooster', 'rooster', 0], ['roster', 'rooster', 1], ['rooter', 'rooster', 1], ['roosetr', 'rooster', 1], ['cat', 'dog', 3], ['', 'abc', 3]] as const)(
    '%s and %s', (a, b, distance) => expect(editDistance(a, b)).toBe(distance),
  );

  it('is symmetric, and at most the longer length', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 6 });
    fc.assert(fc.property(word, word, (a, b) => {
      const distance = editDistance(a, b);
      expect(editDistance(b, a)).toBe(distance);
      expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
      expect(distance === 0).toBe(a === b);
    }));
  });

  it('finds near words, and none for what is like nothing', () => {
    const known = ['rooster', 'roof', 'poster', 'toaster', 'cat'];
    expect(nearestWords('roster', known)).toEqual([
      { word: 'poster', distance: 1 }, { word: 'rooster', distance: 1 }, { word: 'toaster', distance: 2 },
    ]);
    expect(nearestWords('xyzzy', known)).toEqual([]);
    expect(nearestWords('r'.repeat(100_000), known)).toEqual([]);
  });
});

it('quotes little of what anybody writes', () => {
  expect(quoted(['a', 'b'])).toBe("'a', 'b'");
  expect(quoted(Array<string>(50).fill('🐓'.repeat(500))).length).toBeLessThan(400);
});
