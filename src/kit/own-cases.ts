/** Cases that the golden set does not have: integers by themselves, and a generation that repeats its largest scale. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hostTensor } from '../array/host.ts';
import type { HostArray } from '../array/host.ts';
import type { Case } from '../conform/case.ts';
import { loadCase, readJson } from '../conform/load.ts';
import { readWholeSync } from '../io/files.ts';
import { readNpz, writeNpz } from '../io/npz.ts';
import { expandSteps } from '../pyramid/repetition.ts';
import { scalesFrom } from '../pyramid/scales.ts';
import { releasedSchedule, scheduleFrom } from '../pyramid/schedule.ts';
import { seededUniforms } from '../sampler/uniforms.ts';

const TINY = {
  schedule: [[1, 1, 1], [1, 1, 2], [1, 2, 2], [1, 4, 5], [3, 1, 1], [3, 1, 2], [3, 2, 2], [3, 4, 5]],
  scales_in_one_clip: 4,
  image_scale_repetition: [3, 3, 2, 1],
  video_scale_repetition: [3, 2, 2, 1],
  text_maxlen: 16,
};

/** Writes the cases below `<directory>/own` and returns them, still without outputs. */
export function ownCases(directory: string): Case[] {
  const { scales, scalesPerClip } = releasedSchedule(0.562, '0.40M', 41);
  const released = {
    schedule: scales,
    scales_in_one_clip: scalesPerClip,
    image_scale_repetition: Array<number>(14).fill(3),
    video_scale_repetition: [...Array<number>(12).fill(3), 2, 1],
    text_maxlen: 512,
  };
  const stretched = { ...TINY, schedule: [[1, 14, 7], [1, 57, 30]], scales_in_one_clip: 2 };
  const repeated = { image_scale_repetition: [1, 2], video_scale_repetition: [1, 1], max_repeat_times: 10000 };
  const widths = { use_two_stage_lfq: 1, semantic_scale_dim: 16, detail_scale_dim: 64, use_learnable_dim_proj: 0 };
  const image = { ...TINY, schedule: TINY.schedule.slice(0, 4) };
  const positions = 'Positions of every executed step on the axes of scale, time, height and width (step R3).';
  const mask = 'Which segment of a packed training sequence sees which (step T7).';
  return [
    make(directory, 'positions-tiny', 'rope_positions', positions, { ...TINY, max_repeat_times: 10000 }),
    make(directory, 'positions-capped', 'rope_positions', positions, { ...TINY, max_repeat_times: 1 }),
    make(directory, 'positions-480p', 'rope_positions', positions, { ...released, max_repeat_times: 10000 }),
    make(directory, 'positions-57-rows', 'rope_positions', positions, { ...stretched, ...repeated }),
    make(directory, 'base-scales', 'base_scales', 'Sides of the base scales for every aspect ratio (step P1).', { pn: '0.90M' }),
    make(directory, 'vocabularies', 'vocabularies', 'Bits a token at every scale (step Q3).', { ...TINY, ...widths, detail_scale_min_tokens: 4 }),
    make(directory, 'vocabularies-480p', 'vocabularies', 'Bits a token at every scale (step Q3).', { ...released, ...widths, detail_scale_min_tokens: 350 }),
    make(directory, 'rope-frequencies', 'rope_frequencies', 'Inverse frequencies of one axis (step R1).', { head_dim: 128 }),
    make(directory, 'mask-two-samples', 'training_mask', mask, { samples: [TINY, image] }),
    make(directory, 'mask-480p', 'training_mask', mask, { samples: [released] }),
  ];
}

/** A golden generation with other repetitions: the largest scale of the image twice, so that which one is kept shows. */
export function repeatedCase(directory: string, golden: string): Case {
  const [from, id] = [join(golden, 'sampler/t2v-one-clip'), 'own/t2v-repeated'];
  const archive = join(from, 'tensors.npz');
  const inputs = readNpz(readWholeSync(archive), archive, (name) => name === 'in/text' || name.startsWith('w/'));
  const original = readJson(join(from, 'case.json')) as Record<string, unknown> & { config: Record<string, unknown> };
  const repetition = { image_scale_repetition: [1, 1, 1, 2], video_scale_repetition: [2, 1, 1, 1] };
  const { schedule: list, scales_in_one_clip: perClip, model } = original.config;
  const schedule = scheduleFrom(scalesFrom(list, 'schedule'), perClip as number);
  const steps = expandSteps(schedule, repetition);
  const uniforms = seededUniforms(1);
  const tensors = new Map<string, HostArray>(inputs);
  for (const [k, { si }] of steps.entries()) {
    const [t, h, w] = schedule.scales[si];
    const count = t * h * w * (h * w < 4 ? 16 : 64);
    tensors.set(`in/uniforms/${k}`, hostTensor(Float32Array.from(uniforms.next(count)), [count]));
  }
  const config = {
    ...original.config, model: { ...(model as object), ...repetition },
    steps: steps.map(({ si, repeat, realSi }) => ({ si, repeat, real_si: realSi })),
  };
  const description = 'Text to video; the largest scale of the image is repeated, and its last repetition kept for the clip (step T5).';
  const content = {
    ...original, id, description, source: 'infinitystar', config, outputs: [],
    inputs: [...tensors.keys()].filter((name) => name.startsWith('in/')).map((name) => name.slice(3)),
  };
  mkdirSync(join(directory, id), { recursive: true });
  writeFileSync(join(directory, id, 'case.json'), JSON.stringify(content));
  writeFileSync(join(directory, id, 'tensors.npz'), writeNpz(tensors));
  return loadCase(join(directory, id));
}

function make(directory: string, name: string, kind: string, description: string, config: object): Case {
  const id = `own/${name}`;
  const folder = join(directory, id);
  mkdirSync(folder, { recursive: true });
  const source = 'infinitystar, held by the golden cases of rope, transformer and training';
  const content = { format: 1, id, kind, description, paper: '', source, config, inputs: [], weights: [], outputs: [] };
  writeFileSync(join(folder, 'case.json'), JSON.stringify(content));
  return loadCase(folder);
}
