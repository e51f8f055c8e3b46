/** Cases that the golden set does not have: integers by themselves, and a norm of values so small that epsilon counts. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hostTensor } from '../array/host.ts';
import type { HostArray } from '../array/host.ts';
import type { Case } from '../conform/case.ts';
import { loadCase } from '../conform/load.ts';
import { writeNpz } from '../io/npz.ts';
import { releasedSchedule } from '../pyramid/schedule.ts';
import { seededUniforms } from '../sampler/uniforms.ts';

/** A case of a kit that is made at export. */
export interface Maker {
  readonly id: string;
  readonly kind: string;
  /** Writes it into a folder, still without outputs. */
  make(folder: string, id: string): Case;
}

export const TINY = {
  schedule: [[1, 1, 1], [1, 1, 2], [1, 2, 2], [1, 4, 5], [3, 1, 1], [3, 1, 2], [3, 2, 2], [3, 4, 5]],
  scales_in_one_clip: 4,
  image_scale_repetition: [3, 3, 2, 1],
  video_scale_repetition: [3, 2, 2, 1],
  text_maxlen: 16,
};

const { scales, scalesPerClip } = releasedSchedule(0.562, '0.40M', 41);
const RELEASED = {
  schedule: scales,
  scales_in_one_clip: scalesPerClip,
  image_scale_repetition: Array<number>(14).fill(3),
  video_scale_repetition: [...Array<number>(12).fill(3), 2, 1],
  text_maxlen: 512,
};
const STRETCHED = { ...TINY, schedule: [[1, 14, 7], [1, 57, 30]], scales_in_one_clip: 2 };
const REPEATED = { image_scale_repetition: [1, 2], video_scale_repetition: [1, 1], max_repeat_times: 10000 };
const WIDTHS = { use_two_stage_lfq: 1, semantic_scale_dim: 16, detail_scale_dim: 64, use_learnable_dim_proj: 0 };
const IMAGE = { ...TINY, schedule: TINY.schedule.slice(0, 4) };

const POSITIONS = 'Positions of every executed step on the axes of scale, time, height and width (step R3).';
const MASK = 'Which segment of a packed training sequence sees which (step T7).';
const BITS = 'Bits a token at every scale (step Q3).';
const SMALL = 'RMS norm of values of the size of epsilon\'s root and smaller, where epsilon counts (step T3).';

const TAIL = 'Activations where the exact GELU and its tanh form differ most for their size (steps X2, T3).';

export const integerCases: readonly Maker[] = [
  maker('activations-tail', 'activations', TAIL, {}, () => new Map([['in/x', drawn(2, [64], (_, i) => -2 - (3 * i) / 63)]])),
  maker('positions-tiny', 'rope_positions', POSITIONS, { ...TINY, max_repeat_times: 10000 }),
  maker('positions-capped', 'rope_positions', POSITIONS, { ...TINY, max_repeat_times: 1 }),
  maker('positions-480p', 'rope_positions', POSITIONS, { ...RELEASED, max_repeat_times: 10000 }),
  maker('positions-57-rows', 'rope_positions', POSITIONS, { ...STRETCHED, ...REPEATED }),
  maker('base-scales', 'base_scales', 'Sides of the base scales for every aspect ratio (step P1).', { pn: '0.90M' }),
  maker('vocabularies', 'vocabularies', BITS, { ...TINY, ...WIDTHS, detail_scale_min_tokens: 4 }),
  maker('vocabularies-480p', 'vocabularies', BITS, { ...RELEASED, ...WIDTHS, detail_scale_min_tokens: 350 }),
  maker('rope-frequencies', 'rope_frequencies', 'Inverse frequencies of one axis (step R1).', { head_dim: 128 }),
  maker('mask-two-samples', 'training_mask', MASK, { samples: [TINY, IMAGE] }),
  maker('mask-480p', 'training_mask', MASK, { samples: [RELEASED] }),
  maker('token-rms-norm-small', 'token_rms_norm', SMALL, { dim: 16, eps: 1e-6 }, () => new Map<string, HostArray>([
    ['in/x', drawn(0, [4, 16], (u, i) => (2 * u - 1) * 1e-3 * 4 ** -Math.floor(i / 16))],
    ['w/weight', drawn(1, [16], (u) => 0.5 + u)],
  ])),
];

/** Values made of uniforms of a seed. */
export function drawn(seed: number, shape: readonly number[], f: (u: number, i: number) => number): HostArray {
  const uniforms = seededUniforms(seed).next(shape.reduce((product, n) => product * n, 1));
  return hostTensor(Float32Array.from(uniforms, f), shape);
}

function maker(name: string, kind: string, description: string, config: object, tensors?: () => Map<string, HostArray>): Maker {
  const source = 'infinitystar, held by the golden cases of ops, rope, transformer and training';
  return {
    id: `own/${name}`, kind,
    make: (folder, id) => writeCase(folder, { format: 1, id, kind, description, paper: '', source, config, outputs: [] }, tensors?.()),
  };
}

/** Names of inputs and weights follow from the tensors. */
export function writeCase(folder: string, description: object, tensors?: ReadonlyMap<string, HostArray>): Case {
  mkdirSync(folder, { recursive: true });
  const names = [...(tensors?.keys() ?? [])];
  const below = (prefix: string): string[] => {
    return names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
  };
  writeFileSync(join(folder, 'case.json'), JSON.stringify({ ...description, inputs: below('in/'), weights: below('w/') }));
  if (tensors !== undefined) writeFileSync(join(folder, 'tensors.npz'), writeNpz(tensors));
  return loadCase(folder);
}
