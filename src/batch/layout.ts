/**
 * Where the samples of a batch go:
 *
 *   flat      `0007-a-red-circle-0.mp4`
 *   vbench    `{prompt}-{i}.mp4`, five a prompt, 25 where the dimension is temporal_flickering (VBench's sampling instructions)
 *   geneval   `00007/samples/0000.png`, four a prompt, with `00007/metadata.jsonl` (GenEval's evaluation)
 *
 * Evaluations find samples by name, so names are not changed. Where two prompts would get the same one, also on disks that do not
 * tell capitals apart, the later prompt's samples go into a folder `again` (then `again-2`, …).
 */

import { ArgumentError } from '../errors.ts';
import type { BatchPrompt } from './prompts-file.ts';

export const LAYOUTS = ['flat', 'vbench', 'geneval'] as const;

export type Layout = (typeof LAYOUTS)[number];

/** Bytes of a file's name on the usual file systems. */
const LONGEST_NAME = 255;

/** Samples of a prompt that the layout's evaluation asks for. */
export function samplesOf(layout: Layout, { dimensions }: BatchPrompt): number {
  if (layout === 'geneval') return 4;
  if (layout === 'flat') return 1;
  return dimensions.includes('temporal_flickering') ? 25 : 5;
}

/**
 * For every prompt what its samples' paths begin with; `/` divides folders.
 * @throws ArgumentError naming the first prompt that cannot be a file's name.
 */
export function stemsOf(layout: Layout, prompts: readonly BatchPrompt[], ending: string, mostSamples: number): string[] {
  if (layout === 'geneval') return prompts.map((_, i) => `${digits(i, 5)}/samples/`);
  if (layout === 'flat') return prompts.map(({ name }, i) => `${digits(i, 4)}-${slug(name)}-`);
  const taken = new Map<string, number>();
  return prompts.map(({ name }) => {
    checkName(name, `-${Math.max(0, mostSamples - 1)}${ending}`);
    const key = name.normalize('NFC').toLowerCase();
    const times = taken.get(key) ?? 0;
    taken.set(key, times + 1);
    return `${times === 0 ? '' : times === 1 ? 'again/' : `again-${times}/`}${name}-`;
  });
}

/** The path of a sample. */
export function samplePath(layout: Layout, stem: string, sample: number, ending: string): string {
  return `${stem}${layout === 'geneval' ? digits(sample, 4) : sample}${ending}`;
}

function checkName(name: string, ending: string): void {
  const bytes = new TextEncoder().encode(name + ending).length;
  if (bytes > LONGEST_NAME) throw new ArgumentError('prompt', `a name of at most ${LONGEST_NAME} bytes with its ending`, name);
  if (/[/\\\p{Cc}]/u.test(name) || name.startsWith('.')) throw new ArgumentError('prompt', 'a text that can be the name of a file', name);
}

function digits(value: number, count: number): string {
  return String(value).padStart(count, '0');
}

/** Letters and digits of a prompt, for a name that works everywhere; the number before it tells prompts apart. */
function slug(name: string): string {
  const words = name.normalize('NFKD').toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return words.slice(0, 60).replace(/^-+|-+$/g, '') || 'prompt';
}
