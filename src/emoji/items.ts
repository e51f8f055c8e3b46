/**
 * Which emoji there are: the files of @lobehub/fluent-emoji-anim-1 … -4 (code points joined by dashes) with the names and tags
 * of emojibase-data, which are Unicode's CLDR short names and keywords.
 *
 * Left out are skin tones, sequences of more than two characters (joiners and variation selectors apart), files that
 * emojibase has no entry for, and those whose name, as words, another item has already.
 */

import { createHash } from 'node:crypto';
import { ArgumentError } from '../errors.ts';
import { Fields } from '../io/fields.ts';
import { wordsOf } from '../prompt/words.ts';

export interface EmojiItem {
  /** Of its file, without ending: `1f413`. */
  readonly file: string;
  /** The characters. */
  readonly emoji: string;
  /** `rooster` */
  readonly name: string;
  readonly tags: readonly string[];
  /** `animals & nature` */
  readonly group: string;
}

const VARIATION = 0xfe0f;
const JOINER = 0x200d;
const MOST_CHARACTERS = 2;

/**
 * @param files names without ending, in the order of the packages; the first of equals counts.
 * @param data `en/data.json` of emojibase-data. @param messages its `en/messages.json`.
 * @throws ArgumentError if a file of emojibase has another form.
 */
export function emojiItems(files: readonly string[], data: unknown, messages: unknown): EmojiItem[] {
  const entries = entriesByCode(data);
  const groups = new Map(new Fields(messages, 'messages.json').objects('groups').map((group) => [group.integer('order'), group.string('message')]));
  const taken = new Set<string>();
  return files.flatMap((file) => {
    const points = isWanted(file) ? codePoints(file) : undefined;
    const entry = points && entries.get(codeOf(points));
    if (points === undefined || entry === undefined) return [];
    const name = entry.string('label');
    const words = wordsOf(name).join(' ');
    if (taken.has(words)) return [];
    taken.add(words);
    const group = (entry.has('group') ? groups.get(entry.integer('group')) : undefined) ?? 'symbols';
    const tags = entry.has('tags') ? entry.strings('tags') : [];
    return [{ file, emoji: String.fromCodePoint(...points), name, tags, group }];
  });
}

/** A sixteenth of all, by their file names: no training sees them. */
export function isHeldOutItem(file: string): boolean {
  return createHash('sha256').update(file).digest()[0] < 16;
}

/** Whether a file is one that models are made for, if it has a name. */
export function isWanted(file: string): boolean {
  const points = codePoints(file);
  if (points === undefined || points.some((point) => point >= 0x1f3fb && point <= 0x1f3ff)) return false;
  return points.filter((point) => point !== VARIATION && point !== JOINER).length <= MOST_CHARACTERS;
}

function codePoints(file: string): number[] | undefined {
  const parts = file.split('-');
  if (!parts.every((part) => /^[0-9a-f]{2,6}$/.test(part))) return undefined;
  const points = parts.map((part) => parseInt(part, 16));
  return points.every((point) => point <= 0x10ffff) ? points : undefined;
}

function entriesByCode(data: unknown): Map<string, Fields> {
  if (!Array.isArray(data)) throw new ArgumentError('data.json', 'a list', data);
  return new Map(data.map((value, i) => {
    const entry = new Fields(value, `data.json[${i}]`);
    return [codeOf(codePoints(entry.string('hexcode').toLowerCase()) ?? []), entry];
  }));
}

/** Without variation selectors, which some names have and some have not. */
function codeOf(points: readonly number[]): string {
  return points.filter((point) => point !== VARIATION).join('-');
}
