/**
 * What shows a batch at a glance, written after its last sample: `sheet.png` with frames of the first samples, `index.html` with
 * all of them and their prompts, and in GenEval's layout `metadata.jsonl` and `grid.png` beside each prompt's samples.
 */

import { dirname, extname, join } from 'node:path';
import { writeFileAtomic } from '../io/atomic.ts';
import { contactSheet, framesEvenly } from '../io/contact-sheet.ts';
import { escapeMarkup } from '../io/markup.ts';
import type { Picture } from '../io/picture.ts';
import { encodePng } from '../io/png.ts';
import { readMedia } from '../io/read-media.ts';
import type { Layout } from './layout.ts';
import type { Sample } from './plan.ts';

/** On the sheet: so many samples, three frames of each video, three samples to a row. */
const SHOWN = 48;
const FRAMES = 3;
const ACROSS = 3;
/** Videos that are read at the same time: each waits for a decoder of its own, and is in memory whole. */
const AT_ONCE = 2;

/** @param part names the files of a shard. */
export async function writeOverview(folder: string, layout: Layout, samples: readonly Sample[], part: string): Promise<void> {
  if (layout === 'geneval') await writePrompts(folder, samples);
  await writeFileAtomic(join(folder, `index${part}.html`), new TextEncoder().encode(page(samples)));
  const shown = firstOfEach(samples).slice(0, SHOWN);
  const frames: Picture[][] = [];
  for (let i = 0; i < shown.length; i += AT_ONCE) {
    frames.push(...(await Promise.all(shown.slice(i, i + AT_ONCE).map((sample) => framesOf(placeOf(folder, sample), FRAMES)))));
  }
  await writeFileAtomic(join(folder, `sheet${part}.png`), encodePng(contactSheet(frames.flat(), frames[0].length * ACROSS)));
}

async function framesOf(file: string, most: number): Promise<Picture[]> {
  return framesEvenly((await readMedia(file)).frames, most);
}

function placeOf(folder: string, { path }: Sample): string {
  return join(folder, ...path.split('/'));
}

/** One sample of every prompt; of a single prompt all. */
function firstOfEach(samples: readonly Sample[]): Sample[] {
  const first = samples.filter(({ sample }) => sample === 0);
  return first.length > 1 ? first : [...samples];
}

/** GenEval's files of every prompt. */
async function writePrompts(folder: string, samples: readonly Sample[]): Promise<void> {
  for (const group of groupsOf(samples)) {
    const place = dirname(dirname(placeOf(folder, group[0])));
    const entry = new TextEncoder().encode(`${JSON.stringify(group[0].prompt.entry)}\n`);
    await writeFileAtomic(join(place, 'metadata.jsonl'), entry);
    const pictures: Picture[] = [];
    for (const sample of group) pictures.push(...(await framesOf(placeOf(folder, sample), 1)));
    await writeFileAtomic(join(place, 'grid.png'), encodePng(contactSheet(pictures, Math.ceil(Math.sqrt(pictures.length)))));
  }
}

/** The samples of each prompt. */
function groupsOf(samples: readonly Sample[]): Sample[][] {
  const groups = new Map<number, Sample[]>();
  for (const sample of samples) groups.set(sample.index, [...(groups.get(sample.index) ?? []), sample]);
  return [...groups.values()];
}

function page(samples: readonly Sample[]): string {
  const items = samples.map(({ path, prompt, seed }) => {
    const address = path.split('/').map(encodeURIComponent).join('/');
    const shown = extname(path) === '.mp4' ? `<video src="${address}" autoplay loop muted></video>` : `<img src="${address}" alt="">`;
    return `<figure>${shown}<figcaption>${escapeMarkup(prompt.name)} <small>seed ${seed}</small></figcaption></figure>`;
  });
  return [
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>Samples</title>',
    '<style>body{font:14px sans-serif;display:flex;flex-wrap:wrap;gap:12px}figure{width:192px;margin:0}',
    'img,video{width:100%;image-rendering:pixelated}small{color:gray}</style>',
    ...items, '</html>', '',
  ].join('\n');
}
