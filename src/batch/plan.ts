/**
 * The samples of a batch, in order. A sample's seed depends on the base seed, the prompt's text and the sample's number alone,
 * so the order of the prompts, shards and resuming make no difference to any sample.
 */

import { createHash } from 'node:crypto';
import { ArgumentError } from '../errors.ts';
import type { Layout } from './layout.ts';
import { samplePath, samplesOf, stemsOf } from './layout.ts';
import type { BatchPrompt } from './prompts-file.ts';

export interface Sample {
  /** Of the prompt in its file, from 0. */
  readonly index: number;
  readonly prompt: BatchPrompt;
  /** Of the prompt's samples, from 0. */
  readonly sample: number;
  readonly seed: number;
  /** Within the output folder; `/` divides folders. */
  readonly path: string;
}

export interface BatchOptions {
  readonly layout: Layout;
  /** Ending of every file, with its dot. */
  readonly ending: string;
  /** Of every prompt; what the layout's evaluation asks for unless given. */
  readonly samples?: number;
  /** The seeds themselves, a sample each, the same for every prompt. */
  readonly seeds?: readonly number[];
  /** What seeds are derived from if they are not given; 0 unless given. */
  readonly seed?: number;
  /** This part of how many, both from 1: of the prompts, so that the samples of one stay together. */
  readonly shard?: readonly [number, number];
}

/** @throws ArgumentError if a prompt cannot be a name where the layout makes it one, or two samples would get one path. */
export function planBatch(prompts: readonly BatchPrompt[], options: BatchOptions): Sample[] {
  const { layout, ending, seeds, seed = 0, shard: [part, parts] = [1, 1] } = options;
  const counts = prompts.map((prompt) => seeds?.length ?? options.samples ?? samplesOf(layout, prompt));
  const stems = stemsOf(layout, prompts, ending, Math.max(...counts));
  const samples = prompts.flatMap((prompt, index) => {
    return Array.from({ length: counts[index] }, (_, sample): Sample => ({
      index, prompt, sample,
      seed: seeds?.[sample] ?? derivedSeed(seed, prompt.text, sample),
      path: samplePath(layout, stems[index], sample, ending),
    }));
  });
  checkPaths(samples);
  return samples.filter(({ index }) => index % parts === part - 1);
}

/** The first 32 bits of SHA-256 over base, prompt and number. */
export function derivedSeed(base: number, text: string, sample: number): number {
  return createHash('sha256').update(JSON.stringify([base, text, sample])).digest().readUInt32BE(0);
}

function checkPaths(samples: readonly Sample[]): void {
  const taken = new Map<string, Sample>();
  for (const sample of samples) {
    const key = sample.path.normalize('NFC').toLowerCase();
    const other = taken.get(key);
    if (other !== undefined) throw new ArgumentError('prompts', `a path for each sample; two get ${sample.path}`, sample.prompt.name);
    taken.set(key, sample);
  }
}
