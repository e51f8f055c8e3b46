/**
 * What people may write for an emoji, drawn from its name and tags so that it means this one alone:
 *
 *   the name              "rooster", "a rooster", "the rooster emoji, on white"
 *   other orders          "face with sunglasses, smiling"
 *   parts left out        "smiling sunglasses"
 *   tags beside or alone  "rooster, bird", "bye"
 *
 * Words mean an item if they are its name, in any order if no other name has the same ones, or if the name and tags of no other
 * item have them all.
 */

import { seededUniforms } from '../sampler/uniforms.ts';
import { wordsOf } from '../prompt/words.ts';
import type { EmojiItem } from './items.ts';

/** Captions of one item, the name among them three times, as what is written most. */
const MOST_CAPTIONS = 12;

/** What a phrase is about stands at its end: a red ball is a ball. */
const HEAD = 0.1;

/** Words that join others and mean no picture. */
export const CONNECTORS = new Set(['with', 'of', 'in', 'on', 'and', 'at', 'to', 'the', 'a', 'an', 'for', 'no', 'not']);

export interface Described<T> {
  readonly item: T;
  /** Of its name. */
  readonly words: readonly string[];
  /** Of its name and tags. */
  readonly all: ReadonlySet<string>;
}

/** Which words mean which item. */
export class Meanings<T extends Pick<EmojiItem, 'name' | 'tags'>> {
  private readonly described: readonly Described<T>[];
  private readonly byWord = new Map<string, Described<T>[]>();
  private readonly byName = new Map<string, Described<T>>();

  constructor(items: readonly T[]) {
    this.described = items.map((item) => {
      const words = wordsOf(item.name);
      return { item, words, all: new Set([...words, ...item.tags.flatMap(wordsOf)]) };
    });
    for (const one of this.described) {
      this.byName.set(one.words.join(' '), one);
      for (const word of one.all) {
        const list = this.byWord.get(word);
        if (list === undefined) this.byWord.set(word, [one]);
        else list.push(one);
      }
    }
  }

  /** Every word that an item has. */
  get words(): ReadonlyMap<string, unknown> {
    return this.byWord;
  }

  at(index: number): Described<T> {
    return this.described[index];
  }

  of(item: T): Described<T> | undefined {
    return this.described.find((one) => one.item === item);
  }

  /** The item of this name. */
  named(words: readonly string[]): Described<T> | undefined {
    return this.byName.get(words.join(' '));
  }

  /** The items that match the words best (read-prompt.ts); all, if none has one of them. */
  nearest(words: readonly string[]): readonly Described<T>[] {
    const said = [...new Set(words)].filter((word) => !CONNECTORS.has(word));
    const head = said.at(-1);
    const scores = this.described.map(({ words: name, all }) => {
      const named = said.filter((word) => name.includes(word)).length;
      const tagged = said.filter((word) => all.has(word)).length - named;
      return named + tagged / 2 + named / name.length / 2 + (head !== undefined && name.includes(head) ? HEAD : 0);
    });
    const best = Math.max(...scores);
    return this.described.filter((_, i) => scores[i] === best);
  }

  /** The item that the words mean, in whatever order, if it is one alone. */
  meaning(words: readonly string[]): Described<T> | undefined {
    const named = this.named(words);
    if (named !== undefined) return named;
    const [first = [], ...others] = words.map((word) => this.byWord.get(word) ?? []).sort((a, b) => a.length - b.length);
    const candidates = first.filter((one) => others.every((list) => list.includes(one)));
    const same = (name: readonly string[]): boolean => name.length === words.length && name.every((word) => words.includes(word));
    const exact = candidates.filter((one) => same(one.words));
    const left = exact.length > 0 ? exact : candidates;
    return left.length === 1 ? left[0] : undefined;
  }
}

/** Captions of item `index`: the same on every machine. */
export function captionsOf(meanings: Meanings<Pick<EmojiItem, 'name' | 'tags'>>, index: number): string[] {
  const described = meanings.at(index);
  const { item } = described;
  const captions = [item.name, `${articleOf(item.name)} ${item.name}`, `the ${item.name} emoji, on white`];
  for (const words of otherForms(meanings, described, seededUniforms(index), MOST_CAPTIONS - captions.length)) captions.push(words.join(' '));
  return captions;
}

/**
 * Different sets or orders of words that mean the item, not its name.
 * @param uniforms draws them. @param most at most so many, fewer of an item that has but few words.
 */
export function otherForms<T extends Pick<EmojiItem, 'name' | 'tags'>>(
  meanings: Meanings<T>, described: Described<T>, uniforms: { next(count: number): ArrayLike<number> }, most: number,
): string[][] {
  const draw = (): number => uniforms.next(1)[0];
  const tags = [...described.all].filter((word) => !described.words.includes(word));
  const forms = new Map([[described.words.join(' '), [] as string[]]]);
  for (let tries = 0; tries < 12 * most && forms.size <= most; tries++) {
    const kind = draw();
    const kept = kind < 0.4 ? [...described.words] : described.words.filter(() => draw() < 0.6);
    const added = kind < 0.25 ? [] : shuffled(tags, draw).slice(0, 1 + Math.floor(2 * draw()));
    const words = shuffled([...kept, ...added], draw);
    if (words.length > 0 && meanings.meaning(words) === described) forms.set(words.join(' '), words);
  }
  return [...forms.values()].slice(1);
}

function shuffled<T>(list: readonly T[], draw: () => number): T[] {
  return list.map((item) => ({ item, place: draw() })).sort((a, b) => a.place - b.place).map(({ item }) => item);
}

function articleOf(name: string): string {
  return /^[aeiou]/i.test(name) ? 'an' : 'a';
}
