/** The cases of level L0 that no golden case has: positions and masks of a released, a tiny and an uneven schedule. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Case } from '../conform/case.ts';
import { loadCase } from '../conform/load.ts';
import { releasedSchedule } from '../pyramid/schedule.ts';

const TINY = {
  schedule: [[1, 1, 1], [1, 1, 2], [1, 2, 2], [1, 4, 5], [3, 1, 1], [3, 1, 2], [3, 2, 2], [3, 4, 5]],
  scales_in_one_clip: 4,
  image_scale_repetition: [3, 3, 2, 1],
  video_scale_repetition: [3, 2, 2, 1],
  text_maxlen: 16,
};

/** Writes the cases below `<directory>/integers` and returns them, still without outputs. */
export function integerCases(directory: string): Case[] {
  const { scales, scalesPerClip } = releasedSchedule(0.562, '0.40M', 41);
  const released = {
    schedule: scales,
    scales_in_one_clip: scalesPerClip,
    image_scale_repetition: Array<number>(14).fill(3),
    video_scale_repetition: [...Array<number>(12).fill(3), 2, 1],
    text_maxlen: 512,
  };
  const image = { ...TINY, schedule: TINY.schedule.slice(0, 4) };
  const positions = 'Positions of every executed step on the axes of scale, time, height and width (step R3).';
  const mask = 'Which segment of a packed training sequence sees which (step T7).';
  return [
    make(directory, 'positions-tiny', 'rope_positions', positions, { ...TINY, max_repeat_times: 10000 }),
    make(directory, 'positions-capped', 'rope_positions', positions, { ...TINY, max_repeat_times: 1 }),
    make(directory, 'positions-480p', 'rope_positions', positions, { ...released, max_repeat_times: 10000 }),
    make(directory, 'mask-two-samples', 'training_mask', mask, { samples: [TINY, image] }),
    make(directory, 'mask-480p', 'training_mask', mask, { samples: [released] }),
  ];
}

function make(directory: string, name: string, kind: string, description: string, config: object): Case {
  const id = `integers/${name}`;
  const folder = join(directory, id);
  mkdirSync(folder, { recursive: true });
  const source = 'infinitystar, held by the golden cases of rope, transformer and training';
  const content = { format: 1, id, kind, description, paper: '', source, config, inputs: [], weights: [], outputs: [] };
  writeFileSync(join(folder, 'case.json'), JSON.stringify(content));
  return loadCase(folder);
}
