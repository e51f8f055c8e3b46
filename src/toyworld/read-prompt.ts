/**
 * From what people write to a sentence that the toy models know: capitals, punctuation and order do not matter, some other
 * words are understood ("ball", "grey", "to the left"), and what is left out is taken from the prompt before in a story, or else
 * drawn from the seed.
 */

import { nearestWords } from '../prompt/nearest.ts';
import { quoted } from '../prompt/reader.ts';
import type { PromptReader } from '../prompt/reader.ts';
import { wordsOf } from '../prompt/words.ts';
import { seededUniforms } from '../sampler/uniforms.ts';
import { attributesOf, BACKGROUND_NAMES, captionOf, COLOUR_NAMES, MOTION_NAMES, SHAPES } from './attributes.ts';
import type { Attributes } from './attributes.ts';

const VALUES = { colour: COLOUR_NAMES, shape: SHAPES, motion: MOTION_NAMES, background: BACKGROUND_NAMES } as const;
type Part = keyof typeof VALUES;
const PARTS = Object.keys(VALUES) as readonly Part[];

/** Other words for the values. */
const ALSO: Readonly<Record<string, string>> = {
  purple: 'magenta', pink: 'magenta', violet: 'magenta', fuchsia: 'magenta', turquoise: 'cyan', teal: 'cyan', aqua: 'cyan',
  scarlet: 'red', crimson: 'red', lime: 'green', navy: 'blue', golden: 'yellow', gold: 'yellow',
  ball: 'circle', disc: 'circle', disk: 'circle', dot: 'circle', round: 'circle', sphere: 'circle',
  box: 'square', block: 'square', cube: 'square', rectangle: 'square', pyramid: 'triangle', wedge: 'triangle',
  left: 'moving left', leftward: 'moving left', right: 'moving right', rightward: 'moving right',
  up: 'moving up', upward: 'moving up', rising: 'moving up', rises: 'moving up', climbing: 'moving up',
  down: 'moving down', downward: 'moving down', falling: 'moving down', falls: 'moving down', sinking: 'moving down', dropping: 'moving down',
  still: 'staying still', static: 'staying still', standing: 'staying still', motionless: 'staying still', resting: 'staying still',
  grey: 'gray',
};

/** Said and not needed. */
const FILLERS = new Set((
  'a an the one single of on in at to it its is are this that which there and with before against over while toward from my some me us ' +
  'show draw make generate please picture image video clip animation background backdrop moving moves move going goes ' +
  'travelling sliding slides staying stays stay shape coloured colored plain'
).split(' '));

const MEANINGS: ReadonlyMap<string, readonly [Part, string]> = new Map(
  PARTS.flatMap((part) => VALUES[part].flatMap((value) => {
    const others = Object.entries(ALSO).filter(([, meant]) => meant === value).map(([word]) => word);
    return [value, ...others].map((word) => [word, [part, value]] as const);
  })),
);

const WORDS = [...MEANINGS.keys()].filter((word) => !word.includes(' '));

/** Of a word in small letters: the part of a sentence that it tells and how; or null if it needs no telling. */
function meaningOf(word: string): readonly [Part, string] | null | undefined {
  const [once, twice] = [word.replace(/s$/, ''), word.replace(/es$/, '')];
  return MEANINGS.get(word) ?? MEANINGS.get(once) ?? MEANINGS.get(twice) ?? (FILLERS.has(word) ? null : undefined);
}

/** Whether a word of a prompt tells something of the toy world, or nothing at all; other words are not understood. */
export function toyWord(word: string): 'telling' | 'filler' | 'unknown' {
  const meaning = meaningOf(word);
  if (meaning === undefined) return 'unknown';
  return meaning === null ? 'filler' : 'telling';
}

export const readToyPrompt: PromptReader = (prompt, { seed, former } = {}) => {
  const said: Partial<Record<Part, string>> = {};
  const [unknown, second] = [new Set<string>(), new Set<string>()];
  for (const word of wordsOf(prompt)) {
    const meaning = meaningOf(word);
    if (meaning === undefined) unknown.add(word);
    else if (meaning !== null && (said[meaning[0]] ??= meaning[1]) !== meaning[1]) second.add(word);
  }
  // Signs that are no words, such as emoji, do not vanish silently.
  for (const [sign] of prompt.matchAll(/\p{Extended_Pictographic}/gu)) unknown.add(sign);
  const before: Partial<Attributes> = former === undefined ? {} : attributesOf(former);
  const open = PARTS.filter((part) => said[part] === undefined && before[part] === undefined);
  const notices = [...unknownNotice([...unknown]), ...(second.size > 0 ? [`it makes one thing at a time and leaves out ${quoted([...second])}`] : [])];
  const notice = (more: readonly string[]): { readonly notice?: string } => {
    const all = [...notices, ...more];
    return all.length === 0 ? {} : { notice: all.join('; ') };
  };
  if (open.length > 0 && seed === undefined) return { text: wordsOf(prompt).join(' ') || prompt, ...notice([]) };
  const uniforms = seededUniforms(((seed ?? 0) ^ 0x9e3779b9) >>> 0).next(PARTS.length);
  const whole = Object.fromEntries(PARTS.map((part, i) => {
    return [part, said[part] ?? before[part] ?? VALUES[part][Math.floor(uniforms[i] * VALUES[part].length)]];
  })) as unknown as Attributes;
  const text = captionOf(whole);
  return { text, ...notice(open.length === 0 ? [] : [`${open.join(', ')} ${open.length > 1 ? 'are' : 'is'} left open, so the seed chose '${text}'`]) };
};

function unknownNotice(unknown: readonly string[]): string[] {
  if (unknown.length === 0) return [];
  const near = [...new Set(unknown.flatMap((word) => nearestWords(word, WORDS, 2).map(({ word }) => word)))];
  return [
    `this model does not know ${quoted(unknown)}${near.length > 0 ? ` (near: ${near.slice(0, 6).join(', ')})` : ''}`,
    `it knows the colours ${COLOUR_NAMES.join(', ')}; the shapes ${SHAPES.join(', ')}; ` +
      `the motions ${MOTION_NAMES.join(', ')}; the backgrounds ${BACKGROUND_NAMES.join(', ')}`,
  ];
}
