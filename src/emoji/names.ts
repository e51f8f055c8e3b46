/**
 * The file names.json of a model that knows emoji: the items that it was trained on,
 *
 *     {"items": [{"emoji": "🐓", "name": "rooster", "tags": ["animal", "bird", "ornithology"]}, …]}
 */

import { ArgumentError } from '../errors.ts';
import { Fields } from '../io/fields.ts';
import { parseStrictJson } from '../io/strict-json.ts';

export interface NamedEmoji {
  readonly emoji: string;
  readonly name: string;
  readonly tags: readonly string[];
}

/** They are searched for every prompt. */
const MOST_ITEMS = 10_000;
const MOST_TAGS = 100;
const LONGEST = 200;

/** @throws FileError if it is no JSON, ArgumentError naming the field that is wrong. */
export function parseNames(bytes: Uint8Array, file: string): NamedEmoji[] {
  const items = new Fields(parseStrictJson(bytes, file), file).objects('items');
  if (items.length < 1 || items.length > MOST_ITEMS) throw new ArgumentError(`${file}.items`, `1 to ${MOST_ITEMS} items`, items.length);
  return items.map((fields) => {
    const item = { emoji: fields.string('emoji'), name: fields.string('name'), tags: fields.strings('tags') };
    const longest = Math.max(...[item.emoji, item.name, ...item.tags].map(({ length }) => length));
    if (item.tags.length > MOST_TAGS || longest > LONGEST || item.name === '') {
      throw new ArgumentError(fields.where, `a name, up to ${MOST_TAGS} tags, of up to ${LONGEST} characters each`, item.name);
    }
    return item;
  });
}
