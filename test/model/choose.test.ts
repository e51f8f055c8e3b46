/** Which shipped model a prompt is for: words of the toy world, or of emoji. */

import { describe, expect, it } from 'vitest';
import { emojiWords } from '../../src/emoji/read-prompt.ts';
import { isForToys } from '../../src/model/choose.ts';

const items = [
  { emoji: '🐇', name: 'rabbit', tags: ['bunny', 'pet'] },
  { emoji: '❤️', name: 'red heart', tags: ['love'] },
  { emoji: '🥳', name: 'partying face', tags: ['hat', 'horn', 'celebration', 'with'] },
];

describe('isForToys', () => {
  const forToys = isForToys(emojiWords(items));
  it.each([
    'a red circle', 'A Red Circle.', 'red ball', 'two circles', 'a mauve circle hopping', 'moving up', 'a circle with a shade',
    'A red circle moving left on a white background.',
  ])('%s: toys', (prompt) => expect(forToys(prompt)).toBe(true));
  it.each([
    'a rabbit', 'two white rabbits', 'a red heart moving left', 'a bunny with a ball', '❤️', 'a red circle 🐇', '🔺 moving', 'xyzzy', 'a', '',
  ])('%s: emoji', (prompt) => expect(forToys(prompt)).toBe(false));
});
