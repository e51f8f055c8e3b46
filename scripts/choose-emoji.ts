/**
 * Writes a training set with some of the emoji of another one:
 *
 *     npx tsx scripts/choose-emoji.ts <folder of data:emoji> <new folder> [file of emoji]
 *
 * The file (recipes/emoji-items.txt unless given) holds emoji, in lines of any length. Pictures among them are still videos too,
 * so that a model knows them in every length. All videos that are held out come along, to be measured. Each has one caption, its
 * name, which the reader of prompts makes of all that people write.
 */

import './errors-in-a-line.ts';
import { mkdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { Command } from 'commander';
import { FileError } from '../src/errors.ts';
import { writeFileAtomic } from '../src/io/atomic.ts';
import { Fields } from '../src/io/fields.ts';
import { readWhole } from '../src/io/files.ts';
import { parseStrictJsonText } from '../src/io/strict-json.ts';

const program = new Command('choose-emoji')
  .argument('<data>')
  .argument('<folder>')
  .argument('[items]', 'file of emoji', join(import.meta.dirname, '../recipes/emoji-items.txt'));
program.parse();
const [data, folder, list] = program.processedArgs as [string, string, string];

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
const plain = (emoji: string): string => emoji.replace(/\ufe0f/gu, '');
const wanted = new Set([...graphemes.segment(await textOf(list))].map(({ segment }) => plain(segment)).filter((sign) => sign.trim() !== ''));
const source = join(data, 'emoji.jsonl');
const lines = (await textOf(source)).trim().split('\n').flatMap(chosen);
const left = [...wanted];
if (left.length > 0) throw new FileError(list, `names ${left.slice(0, 5).join(' ')}, which ${source} does not have, or holds out`);
await mkdir(folder, { recursive: true });
await writeFileAtomic(join(folder, 'emoji.jsonl'), Buffer.from(lines.join('')));
process.stdout.write(`${folder}: ${lines.length} lines\n`);

function chosen(text: string, i: number): string[] {
  const where = `${source}:${i + 1}`;
  const own = parseStrictJsonText(text, where);
  const line = new Fields(own, where);
  const emoji = plain(line.string('emoji'));
  const heldOut = line.has('held_out');
  if (!heldOut && !wanted.delete(emoji)) return [];
  const [key, more] = line.has('video_path') ? ['video_path', {}] : ['image_path', { still: true }];
  if (heldOut && key === 'image_path') return [];
  return [`${JSON.stringify({ ...(own as object), ...more, [key]: relative(folder, join(data, line.string(key))), captions: [line.string('caption')] })}\n`];
}

async function textOf(path: string): Promise<string> {
  return new TextDecoder().decode(await readWhole(path));
}
