import { describe, expect, it } from 'vitest';
import { captionsOf, Meanings } from '../../src/emoji/captions.ts';
import { emojiItems, isHeldOutItem, isWanted } from '../../src/emoji/items.ts';
import { parseNames } from '../../src/emoji/names.ts';
import { emojiReader } from '../../src/emoji/read-prompt.ts';
import { wordsOf } from '../../src/prompt/words.ts';

const items = [
  { emoji: '🐓', name: 'rooster', tags: ['animal', 'bird', 'ornithology'] },
  { emoji: '🐈', name: 'cat', tags: ['animal', 'pet', 'kitty'] },
  { emoji: '🐱', name: 'cat face', tags: ['cat', 'animal', 'face'] },
  { emoji: '😎', name: 'smiling face with sunglasses', tags: ['cool', 'face', 'bright'] },
  { emoji: '🙂', name: 'slightly smiling face', tags: ['face', 'happy'] },
  { emoji: '☀️', name: 'sun', tags: ['bright', 'rays'] },
  { emoji: '🅰️', name: 'A button (blood type)', tags: ['blood'] },
];
const read = emojiReader(items);

describe('a prompt for the emoji', () => {
  it.each([
    ['rooster', 'rooster'],
    ['A Rooster!', 'rooster'],
    ['the rooster emoji, on white', 'rooster'],
    ['Please draw a picture of a rooster on a plain white background.', 'rooster'],
    ['🐓', 'rooster'],
    ['☀', 'sun'],
    ['roosters', 'rooster'],
    ['cat', 'cat'],
    ['Kitty', 'cat'],
    ['face, cat', 'cat face'],
    ['sunglasses smiling', 'smiling face with sunglasses'],
    ['a button (blood type)', 'a button blood type'],
    ['happy face', 'slightly smiling face'],
  ])('%s', (prompt, text) => expect(read(prompt, { seed: 0 })).toEqual({ text }));

  it('chooses where several are meant, or none', () => {
    const bright = Array.from({ length: 20 }, (_, seed) => read('bright', { seed }));
    expect(new Set(bright.map(({ text }) => text))).toEqual(new Set(['sun', 'smiling face with sunglasses']));
    expect(bright[0].notice).toMatch(/^'bright' fits 2 emoji, of which the seed chose '/);
    expect(read('bright')).toEqual({ text: 'bright' }); // without a seed
    expect(read('a cat with sunglasses on a bright, rainy day', { seed: 1 }).text).toMatch(/cat|sunglasses/);
    expect(read('a bright cat', { seed: 1 })).toEqual({ text: 'cat', notice: expect.any(String) as string });
  });

  it('names what is not known, with near words, and makes the rest', () => {
    expect(read('a purple rooster')).toEqual({ text: 'rooster', notice: expect.stringMatching(/^this model does not know 'purple'/) as string });
    expect(read('roster')).toEqual({ text: 'rooster', notice: "'roster' is taken as 'rooster'" });
    expect(read('sunglesss', { seed: 0 }).notice).toMatch(/'sunglesss' \(near: sunglasses\)/);
    expect(read('🦄 rooster')).toEqual({ text: 'rooster', notice: "this model does not know '🦄'" });
    const { text, notice } = read('🦄', { seed: 3 });
    expect(items.map(({ name }) => wordsOf(name).join(' '))).toContain(text);
    expect(notice).toMatch(/^this model does not know '🦄'; nothing is left of the prompt, so the seed chose '/);
    expect(read('q '.repeat(5000)).notice!.length).toBeLessThan(1000);
  });
});

describe('captions', () => {
  it('mean their item alone, the name first', () => {
    const meanings = new Meanings(items);
    items.forEach((item, i) => {
      const captions = captionsOf(meanings, i);
      expect(captions[0]).toBe(item.name);
      expect(captions).toEqual(captionsOf(meanings, i));
      expect(new Set(captions).size).toBe(captions.length);
      for (const caption of captions.slice(3)) expect(meanings.meaning(wordsOf(caption))?.item).toBe(item);
      for (const caption of captions) expect(read(caption).text).toBe(wordsOf(item.name).join(' '));
    });
    expect(captionsOf(meanings, 3).length).toBeGreaterThan(8);
  });
});

describe('items', () => {
  const data = [
    { hexcode: '1F413', label: 'rooster', tags: ['bird'], group: 3 },
    { hexcode: '2600', label: 'sun', group: 5 },
    { hexcode: '1F46F', label: 'Sun', group: 5 },
  ];
  const messages = { groups: [{ order: 3, message: 'animals & nature' }, { order: 5, message: 'travel & places' }] };

  it('are those of the files that have a name', () => {
    const files = ['1f413', '2600-fe0f', '2600', '1f46f', '1f47f', '1f3f4-e0067_e0062'];
    expect(emojiItems(files, data, messages)).toEqual([
      { file: '1f413', emoji: '🐓', name: 'rooster', tags: ['bird'], group: 'animals & nature' },
      { file: '2600-fe0f', emoji: '☀️', name: 'sun', tags: [], group: 'travel & places' },
    ]);
    expect(['1f44b', '1f44b-1f3fb', '1f468-200d-2695-fe0f', '1f468-200d-1f469-200d-1f466', 'x'].map(isWanted)).toEqual([true, false, true, false, false]);
  });

  it('are held out by their names', () => {
    expect(['1f413', '1f40c', '1f600', '1f680'].map(isHeldOutItem)).toEqual([false, false, false, false]);
    const many = Array.from({ length: 1600 }, (_, i) => i.toString(16)).filter(isHeldOutItem).length;
    expect(Math.abs(many - 100)).toBeLessThan(30);
  });

  it('are named in a file, which is checked', () => {
    const bytes = (value: unknown) => Buffer.from(JSON.stringify(value));
    expect(parseNames(bytes({ items }), 'names.json')).toEqual(items);
    for (const wrong of [{}, { items: [] }, { items: [{ emoji: 'x', name: '', tags: [] }] }, { items: [{ ...items[0], tags: [3] }] }]) {
      expect(() => parseNames(bytes(wrong), 'names.json')).toThrow(/names\.json/);
    }
  });
});
