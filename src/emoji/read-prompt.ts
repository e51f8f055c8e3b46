/**
 * From what people write to the name of an item that the model was trained on: emoji by their names; then wordsOf
 * (prompt/words.ts); what only asks for a picture ("please draw the … emoji, on white") left out; plurals as singulars; a small
 * slip of the pen mended. Words that no item has are left out and named, with the nearest known ones.
 *
 * The rest means one item (captions.ts), or the items that match it best:
 *
 *     Σ over its words (1 in the name, ½ in the tags) + ½ · the share of the name's words that is said + 0.1 if the last one is
 *
 * and of equal ones the seed chooses.
 */

import { nearestWords } from '../prompt/nearest.ts';
import { quoted } from '../prompt/reader.ts';
import type { PromptReader } from '../prompt/reader.ts';
import { hasEmoji, wordsOf } from '../prompt/words.ts';
import { seededUniforms } from '../sampler/uniforms.ts';
import { CONNECTORS, Meanings } from './captions.ts';
import type { Described } from './captions.ts';
import type { NamedEmoji } from './names.ts';

/** Nothing that a picture could show. */
const FILLERS = new Set((
  'a an the some my your this that these those emoji emojis emoticon icon sticker animated moving please show draw make generate give ' +
  'create see want i me us picture image photo video gif clip animation drawing background'
).split(' '));
/** What the pictures stand on, said at the end. */
const ON_WHITE = /\b(on|before|against|over) (a |the )?(plain |clean )?white( background| backdrop)?$/;
const PICTURE_OF = /\b(emoji|picture|image|photo|video|gif|clip|animation|drawing) (of|with|showing)\b/g;

const TONES = /[\u{1f3fb}-\u{1f3ff}\ufe0f]/gu;

export function emojiReader(items: readonly NamedEmoji[]): PromptReader {
  const meanings = new Meanings(items);
  const known = meanings.words;
  const inNames = new Set(items.flatMap(({ name }) => wordsOf(name)));
  const byEmoji = new Map(items.map(({ emoji, name }) => [emoji.replace(TONES, ''), name]));
  const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

  return (prompt, { seed } = {}) => {
    const unknown: string[] = [];
    const mended: string[] = [];
    const spelled = Array.from(graphemes.segment(prompt), ({ segment }) => {
      const name = byEmoji.get(segment.replace(TONES, ''));
      if (name !== undefined && /\P{ASCII}/u.test(segment)) return ` ${name} `;
      if (hasEmoji(segment)) unknown.push(segment);
      return segment;
    }).join('');
    const whole = wordsOf(spelled);
    const named = meanings.named(whole);
    if (named !== undefined && unknown.length === 0) return { text: named.words.join(' ') };

    const asked = whole.join(' ').replace(ON_WHITE, '').replace(PICTURE_OF, '').split(' ');
    const words = asked.flatMap((word) => {
      if (word === '' || FILLERS.has(word)) return [];
      const forms = formsOf(word);
      const form = forms.find((one) => inNames.has(one)) ?? forms.find((one) => known.has(one));
      if (form !== undefined) return [form];
      const [near] = nearestWords(word, known.keys(), 1);
      if (near?.distance === 1 && word.length >= 4) {
        mended.push(`'${word}' is taken as '${near.word}'`);
        return [near.word];
      }
      unknown.push(word);
      return [];
    });
    const notices = [...unknownNotice([...new Set(unknown)], known), ...mended];
    const meant = meanings.meaning(words);
    if (meant !== undefined) return { text: meant.words.join(' '), ...noticeOf(notices) };
    if (seed === undefined) return { text: wordsOf(prompt).join(' ') || prompt, ...noticeOf(notices) };
    const near = meanings.nearest(words);
    const chosen = near[Math.floor(seededUniforms((seed ^ 0x9e3779b9) >>> 0).next(1)[0] * near.length)];
    return { text: chosen.words.join(' '), ...noticeOf([...notices, choice(words, near.length, chosen)]) };
  };
}

function choice(words: readonly string[], count: number, { item: { name: chosen }, all }: Described<NamedEmoji>): string {
  if (words.length === 0) return `nothing is left of the prompt, so the seed chose '${chosen}'`;
  const said = `'${words.slice(0, 8).join(' ').slice(0, 60)}'`;
  if (count > 1) return `${said} fits ${count} emoji, of which the seed chose '${chosen}'`;
  return words.every((word) => CONNECTORS.has(word) || all.has(word)) ? `${said} is taken as '${chosen}'` : `${said} is no emoji that it knows; '${chosen}' is the nearest`;
}

function noticeOf(notices: readonly string[]): { readonly notice?: string } {
  return notices.length === 0 ? {} : { notice: notices.join('; ') };
}

/** Which words of a prompt, fillers aside, tell one of these items, or several. */
export function emojiWords(items: readonly NamedEmoji[]): (word: string) => boolean {
  const known = new Meanings(items).words;
  return (word) => !FILLERS.has(word) && !CONNECTORS.has(word) && formsOf(word).some((form) => known.has(form));
}

/** The word, singulars of a plural, then plurals. */
function formsOf(word: string): string[] {
  const singular = [word.replace(/ies$/, 'y'), word.replace(/es$/, ''), word.replace(/s$/, '')].filter((form) => form !== word && form.length > 1);
  return [word, ...singular, `${word}s`, `${word}es`, word.replace(/y$/, 'ies')];
}

function unknownNotice(unknown: readonly string[], known: ReadonlyMap<string, unknown>): string[] {
  return unknown.slice(0, 4).map((word, i) => {
    const near = nearestWords(word, known.keys()).map(({ word }) => word);
    const others = i === 3 && unknown.length > 4 ? `, ${quoted(unknown.slice(4))}` : '';
    return `this model does not know ${quoted([word])}${others}${near.length > 0 ? ` (near: ${near.join(', ')})` : ''}`;
  });
}
