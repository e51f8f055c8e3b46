/**
 * Makes the data that the model `emoji` is trained on and judged by: npm run data:emoji [-- <folder> --size 64]
 *
 * Gets Microsoft's Fluent Emoji and their names from npm (some 737 MB, once), draws every animation at 8 frames a second and
 * every picture, on white, and writes a training set (docs/training.md): animations/, pictures/, emoji.jsonl, README.md.
 * Stopped at any point, the same command goes on.
 */

import './errors-in-a-line.ts';
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { captionsOf, Meanings } from '../src/emoji/captions.ts';
import { drawEmoji } from '../src/emoji/draw.ts';
import { emojiItems, isHeldOutItem } from '../src/emoji/items.ts';
import type { EmojiItem } from '../src/emoji/items.ts';
import { wholeNumber } from '../src/cli/options.ts';
import { FileError } from '../src/errors.ts';
import { encodeApng } from '../src/io/apng.ts';
import { writeFileAtomic } from '../src/io/atomic.ts';
import { frameAt } from '../src/io/picture.ts';
import { encodePng } from '../src/io/png.ts';
import { parseStrictJson } from '../src/io/strict-json.ts';
import { decodeWebpCanvases } from '../src/io/webp.ts';
import { getPackage, missing, packageFiles } from './npm-packages.ts';
import type { DataPackage } from './npm-packages.ts';

const NAMES: DataPackage = {
  name: 'emojibase-data', version: '17.0.0', bytes: 6711091,
  sha512: 'Yvgb5AWoHViHV/gq1qr5ZAarcBip+B27/ZLRsUJkbgAEaLlZ/fof9g882LTpmEpyhBNEC0m2SEmItljHsTygjA==',
};
const PICTURES: readonly DataPackage[] = [
  [164966217, '/4m31vAuZEQ4aUJ5pxcOU5PVkuJya55GRxUZL7+zgLlxZXpzzE8jPqpDyhZICE3n47nS/Y9M5/vLdizi8201QA=='],
  [181915962, 'S6yzf0RZXrQbXdxCWuHA9BAoLdBRk2flX+ne4TPGEH/qApwisCAKHoAAGjKSlTY3OVeZ9b7t/NEbmpjawnQYJA=='],
  [197000910, 'UzRSUDMjdfdt9vER5bhjHkPqgc3EEgfGtYs6ndvizOTvQOxYQ57ow2RTkWSDZxwW30X4EYBi2eWTS7CXDDoFsg=='],
  [185915894, 'IIkl5ztSd1HrzvIDt/uGsFoC1WODXRdYq5uROrnkyqi9DbToEcJ1nlY86PnoUXeFS9nBCnHfiYk3ouSEGThFmA=='],
].map(([bytes, sha512], i) => ({ name: `@lobehub/fluent-emoji-anim-${i + 1}`, version: '1.0.0', bytes: Number(bytes), sha512: String(sha512) }));

/** Frames a second. */
const RATE = 8;

interface Line {
  readonly item: EmojiItem;
  readonly path: string;
  readonly frames: number;
}

const program = new Command('data:emoji')
  .argument('[folder]', 'where to write', 'data/emoji')
  .option('--size <pixels>', 'height and width of the frames', wholeNumber(16), 64)
  .option('--downloads <folder>', 'where packages are kept (default: downloads in the folder)');
program.parse();
const [folder] = program.processedArgs as [string];
const { size, downloads = join(folder, 'downloads') } = program.opts<{ size: number; downloads?: string }>();

await checkSize();
await download([NAMES, ...PICTURES]);
const lines = await drawAll();
await writeLines(lines);
await writeFileAtomic(join(folder, 'README.md'), Buffer.from(readme(lines)));
const animated = lines.filter(({ frames }) => frames > 1).length;
say(`${folder}: ${animated} animations and ${lines.length - animated} pictures of ${size}×${size}`);

/** A folder holds one size. */
async function checkSize(): Promise<void> {
  for (const place of [folder, downloads]) await mkdir(place, { recursive: true });
  const path = join(folder, 'size.json');
  if (existsSync(path)) {
    const { size: before } = parseStrictJson(await readFile(path), path) as { size: unknown };
    if (before !== size) throw new FileError(folder, `holds pictures of ${String(before)}×${String(before)}; give another folder for ${size}×${size}`);
  }
  await writeFileAtomic(path, Buffer.from(`${JSON.stringify({ size })}\n`));
}

async function download(packages: readonly DataPackage[]): Promise<void> {
  const needed = missing(packages, downloads);
  const megabytes = (list: readonly DataPackage[]): string => `${Math.round(list.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6)} MB`;
  const rest = packages.length - needed.length;
  if (needed.length > 0) say(`downloading ${megabytes(needed)} (${needed.length} packages from npm) to ${downloads}${rest > 0 ? `; ${rest} are there` : ''}`);
  for (const one of needed) {
    await getPackage(one, downloads);
    say(`${one.name}@${one.version}: ${megabytes([one])}, as expected`);
  }
}

async function drawAll(): Promise<Line[]> {
  const names = await packageFiles(NAMES, downloads, (name) => /^en\/(data|messages)\.json$/.test(name));
  const [data, messages] = ['en/data.json', 'en/messages.json'].map((name) => parseStrictJson(names.get(name)!, name));
  for (const part of ['animations', 'pictures']) await mkdir(join(folder, part), { recursive: true });
  const seen: string[] = [];
  const made = new Map<string, Omit<Line, 'item'>>();
  for (const one of PICTURES) {
    const files = await packageFiles(one, downloads, (name) => /^assets\/[^/]+\.webp$/.test(name));
    const names = [...files.keys()].map((name) => name.slice('assets/'.length, -'.webp'.length)).sort();
    seen.push(...names);
    // Of what earlier packages have, too, so that the first of equals counts.
    const wanted = new Set(emojiItems(seen, data, messages).map(({ file }) => file));
    for (const name of names.filter((file) => wanted.has(file) && !made.has(file))) {
      made.set(name, await drawOne(name, files.get(`assets/${name}.webp`)!));
      if (made.size % 100 === 0) say(`${made.size} drawn`);
    }
  }
  return emojiItems(seen, data, messages).map((item) => ({ item, ...made.get(item.file)! }));
}

async function drawOne(file: string, bytes: Uint8Array): Promise<Omit<Line, 'item'>> {
  const canvases = await decodeWebpCanvases(bytes, `${file}.webp`);
  const moves = canvases.fps !== null;
  const path = join(moves ? 'animations' : 'pictures', `${file}.png`);
  const frames = moves ? Math.max(1, Math.floor((canvases.count * RATE) / canvases.fps)) : 1;
  if (!existsSync(join(folder, path))) {
    const drawn = drawEmoji(canvases, size, RATE); // (T, H, W, 3)
    await writeFileAtomic(join(folder, path), moves ? encodeApng(drawn, RATE) : encodePng(frameAt(drawn, 0)));
  }
  return { path, frames };
}

async function writeLines(lines: readonly Line[]): Promise<void> {
  const meanings = new Meanings(lines.map(({ item }) => item));
  const text = lines.map(({ item, path, frames }, i) => JSON.stringify({
    ...(frames > 1 ? { video_path: path, begin_frame_id: 0, end_frame_id: frames, fps: RATE, loop: true } : { image_path: path }),
    caption: item.name,
    captions: captionsOf(meanings, i),
    emoji: item.emoji,
    tags: item.tags,
    group: item.group,
    ...(isHeldOutItem(item.file) ? { held_out: true } : {}),
  }));
  await writeFileAtomic(join(folder, 'emoji.jsonl'), Buffer.from(`${text.join('\n')}\n`));
}

function readme(lines: readonly Line[]): string {
  const heldOut = lines.filter(({ item }) => isHeldOutItem(item.file)).length;
  return `# Animated emoji, ${size}×${size}

${lines.length} items as a training set, one line each in emoji.jsonl: the picture or the animation (${RATE} frames a second, on white),
\`caption\` its name, \`captions\` what people may write for it, \`loop\` that it begins again at its end, \`held_out\` that no training
sees it (${heldOut} items, those whose file name has a SHA-256 that begins with a zero digit).

Made by \`npm run data:emoji\` of infinitystar from these packages of npm, checked against the SHA-512 of their tarballs:

${[NAMES, ...PICTURES].map(({ name, version, sha512 }) => `- ${name}@${version} (MIT), sha512-${sha512}`).join('\n')}

Pictures: Fluent Emoji, Copyright (c) Microsoft Corporation, MIT licence (https://github.com/microsoft/fluentui-emoji-animated);
packaged by LobeHub, MIT licence. Names, tags and groups: emojibase, Copyright (c) Miles Johnson, MIT licence, after the Unicode CLDR.
`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
