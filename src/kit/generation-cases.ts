/**
 * Generations that the golden set does not have, made from golden ones by other settings, so that faults show which no
 * official case can tell. Where nothing but the given bits differs, expected values are the official ones; all others are
 * computed by this implementation, and say so.
 */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { hostTensor, rowMajor } from '../array/host.ts';
import type { HostArray } from '../array/host.ts';
import type { Case } from '../conform/case.ts';
import { readJson } from '../conform/load.ts';
import { readWholeSync } from '../io/files.ts';
import { readNpz } from '../io/npz.ts';
import { initializeTransformer } from '../model/initialize.ts';
import { parseQuantizer, parseTransformer } from '../model/parse-config.ts';
import { Fields } from '../io/fields.ts';
import { expandSteps } from '../pyramid/repetition.ts';
import { scalesFrom } from '../pyramid/scales.ts';
import { scheduleFrom } from '../pyramid/schedule.ts';
import { vocabularyOf } from '../quantizer/vocabulary.ts';
import { transformerShapes } from '../transformer/shapes.ts';
import { drawn, writeCase } from './own-cases.ts';
import type { Maker } from './own-cases.ts';

type Config = Record<string, unknown> & { readonly model: Record<string, unknown>; readonly vae: Record<string, unknown> };

interface Variant {
  readonly name: string;
  readonly from: string;
  readonly description: string;
  readonly config?: (config: Config) => Record<string, unknown>;
  readonly model?: Record<string, unknown>;
  readonly vae?: Record<string, unknown>;
  /** Inputs and weights beside the original's text. */
  readonly tensors?: (original: ReadonlyMap<string, HostArray>, config: Config) => readonly (readonly [string, HostArray])[];
}

const VARIANTS: readonly Variant[] = [
  {
    name: 't2v-repeated', from: 't2v-one-clip',
    description: 'Text to video; the largest scale of the image is repeated, and its last repetition kept for the clip (step T5).',
    model: { image_scale_repetition: [1, 1, 1, 2], video_scale_repetition: [2, 1, 1, 1] },
  },
  {
    name: 't2v-repeated-given', from: 't2v-one-clip',
    description: 'The same repetitions with all bits given, so that what is kept can be judged in any precision.',
    model: { image_scale_repetition: [1, 1, 1, 2], video_scale_repetition: [2, 1, 1, 1] },
    config: ({ schedule }) => ({ gt_leak: list(schedule).length }),
    tensors: (_, config) => givenBits(config),
  },
  {
    name: 't2i-capped', from: 't2i-cfg',
    description: 'Fewer repetitions than scheduled: the real scale index counts the scheduled ones (P4), uniforms the executed steps (S5).',
    model: { image_scale_repetition: [3, 2, 2, 1] },
    config: () => ({ max_repeat_times: 1 }),
  },
  {
    name: 't2i-guidance-by-scale', from: 't2i-cfg',
    description: 'Another guidance scale and temperature at every scale, some of them 1: no guidance (step S4).',
    model: { image_scale_repetition: [1, 1, 1, 1] },
    config: ({ cfg, tau }) => ({ cfg: list(cfg).map((_, i) => [2, 1, 5, 3][i % 4]), tau: list(tau).map((_, i) => 1 - 0.1 * i) }),
  },
  {
    name: 't2i-negative', from: 't2i-cfg',
    description: 'A negative prompt shorter than the prompt (step S1).',
    model: { image_scale_repetition: [1, 1, 1, 1] },
    tensors: (original) => [['in/negative', drawn(7, [original.get('in/text')!.shape[0] - 2, original.get('in/text')!.shape[1]], (u) => 4 * u - 2)]],
  },
  {
    name: 't2i-forced-part', from: 't2i-cfg',
    description: 'Bits are given for every scale, but only those of the first two count (step S9).',
    model: { image_scale_repetition: [2, 1, 1, 1] },
    config: () => ({ gt_leak: 2 }),
    tensors: (_, config) => givenBits(config),
  },
  {
    name: 't2i-blocks', from: 't2i-cfg',
    description: 'Keys `blocks.<i>`, as many key heads as heads, biases in attention, a text projection of two layers (steps T1, T4).',
    model: {
      embed_dim: 32, depth: 3, block_chunks: 1, num_key_value_heads: 4, simple_text_proj: 0, qwen_qkvo_bias: true, mlp_ratio: 8,
      image_scale_repetition: [1, 1, 1, 1],
    },
    tensors: (_, config) => newWeights(config),
  },
  {
    name: 't2i-chunks', from: 't2i-cfg',
    description: 'Two blocks a chunk, one key head, learned projections between the widths of codes (steps Q3, T4).',
    model: {
      embed_dim: 32, depth: 4, block_chunks: 2, num_key_value_heads: 1, mlp_ratio: 8, image_scale_repetition: [1, 2, 1, 1],
    },
    vae: { use_learnable_dim_proj: 1 },
    tensors: (_, config) => [...newWeights(config), ...learnedProjections()],
  },
];

/** Generations whose bits are all given: official values that can be judged in any precision. */
const FORCED = ['t2i-apg', 't2v-two-clips'];

/** The cases of a golden set that has what they are made from. */
export function generationCases(golden: string): Maker[] {
  const has = (name: string): boolean => existsSync(join(golden, 'sampler', name, 'case.json'));
  const own = VARIANTS.filter(({ from }) => has(from)).map((variant) => {
    return { id: `own/${variant.name}`, kind: 'sample', make: (folder: string, id: string) => makeVariant(golden, variant, folder, id) };
  });
  const forced = FORCED.filter(has).map((name) => {
    return { id: `forced/${name}`, kind: 'sample', make: (folder: string, id: string) => makeForced(golden, name, folder, id) };
  });
  const encoded = existsSync(join(golden, 'vae/encode-t5-32x32/case.json')) ? [{
    id: 'own/encode-noise', kind: 'vae_encode', make: (folder: string, id: string) => makeNoisy(golden, folder, id),
  }] : [];
  return [...own, ...forced, ...encoded];
}

function readOriginal(golden: string, id: string) {
  const archive = join(golden, id, 'tensors.npz');
  const description = readJson(join(golden, id, 'case.json')) as Record<string, unknown> & { config: Config };
  return { description, tensors: readNpz(readWholeSync(archive), archive) };
}

function makeVariant(golden: string, variant: Variant, folder: string, id: string): Case {
  const { description, tensors } = readOriginal(golden, `sampler/${variant.from}`);
  const { config: old } = description;
  const changed = { ...old, model: { ...old.model, ...variant.model }, vae: { ...old.vae, ...variant.vae } };
  const config: Config = { ...changed, ...variant.config?.(changed) };
  const steps = stepsOf(config);
  const inputs = new Map<string, HostArray>([['in/text', tensors.get('in/text')!], ...(variant.tensors?.(tensors, config) ?? [])]);
  for (const [k, { count, realSi }] of steps.entries()) inputs.set(`in/uniforms/${k}`, drawn(1000 + 10 * realSi, [count], (u) => u));
  const listed = steps.map(({ si, repeat, realSi }) => ({ si, repeat, real_si: realSi }));
  const about = { description: variant.description, source: 'infinitystar, no official values' };
  return writeCase(folder, { ...description, ...about, id, config: { ...config, steps: listed }, outputs: [] }, inputs);
}

/** For every executed step, by its real scale index. */
function givenBits(config: Config): [string, HostArray][] {
  return stepsOf(config).map(({ realSi, scale, width }) => {
    const bits = rowMajor(drawn(100 + realSi, [...scale, width], (u) => u)).map((u: number) => (u < 0.5 ? 0 : 1));
    return [`in/gt_bits/${realSi}`, hostTensor(Uint8Array.from(bits), [1, ...scale, width])];
  });
}

function makeForced(golden: string, name: string, folder: string, id: string): Case {
  const { description, tensors } = readOriginal(golden, `sampler/${name}`);
  const { config } = description;
  const given = list(config['steps']).map((step, k) => {
    return [`in/gt_bits/${(step as { real_si: number }).real_si}`, tensors.get(`out/bits_used/${k}`)!] as const;
  });
  const about = {
    id, description: `As sampler/${name}, with all bits given, so that every step can be judged in any precision.`,
    config: { ...config, gt_leak: list(config['schedule']).length },
  };
  return writeCase(folder, { ...description, ...about }, new Map([...tensors, ...given]));
}

function makeNoisy(golden: string, folder: string, id: string): Case {
  const { description, tensors } = readOriginal(golden, 'vae/encode-t5-32x32');
  const noise = drawn(5, tensors.get('out/features')!.shape, (u) => 4 * u - 2);
  const about = { id, description: 'Noise in the posterior: mean + exp(logvar/2)·noise (step V9).', source: 'infinitystar, no official values', outputs: [] };
  return writeCase(folder, { ...description, ...about }, new Map([['in/video', tensors.get('in/video')!], ['in/noise', noise]]));
}

function stepsOf(config: Config) {
  const schedule = scheduleFrom(scalesFrom(config['schedule'], 'schedule'), config['scales_in_one_clip'] as number);
  const numbers = (key: string): number[] => list(config.model[key]) as number[];
  const steps = expandSteps(schedule, {
    image_scale_repetition: numbers('image_scale_repetition'),
    video_scale_repetition: numbers('video_scale_repetition'),
    ...(config['max_repeat_times'] === undefined ? {} : { max_repeat_times: config['max_repeat_times'] as number }),
  });
  const quantizer = parseQuantizer(new Fields(config.model, 'model'));
  return steps.map((step) => {
    const [scale, { width }] = [schedule.scales[step.si], vocabularyOf(quantizer, schedule.scales[step.si])];
    return { ...step, scale, width, count: scale[0] * scale[1] * scale[2] * width };
  });
}

/** Weights of the model that the settings ask for: larger than at the start of training, so that everything shows. */
function newWeights({ model }: Config): [string, HostArray][] {
  const fields = new Fields(model, 'model');
  const shapes = transformerShapes(parseTransformer(fields), parseQuantizer(fields));
  return [...initializeTransformer(shapes, 3)].map(([key, value], i) => {
    const isNorm = key.includes('norm') && key.endsWith('weight');
    const width = value.shape.at(-1)!;
    const change = key.endsWith('.bias') || isNorm ? drawn(i, value.shape, (u) => u - 0.5) : undefined;
    const added = change === undefined ? undefined : rowMajor(change);
    const values = rowMajor(value).map((x, j) => (added === undefined ? (x / 0.02) / Math.sqrt(width) : x + added[j]));
    return [`w/${key}`, key === 'cfg_uncond' ? value : hostTensor(values, value.shape)];
  });
}

function learnedProjections(): [string, HostArray][] {
  const sizes = { semantic_proj_down: [64, 64, 16], semantic_proj_up: [16, 64, 64] };
  return Object.entries(sizes).flatMap(([name, [from, hidden, to]], i) => [
    [`w/quantizer.${name}.0.weight`, drawn(40 + i, [hidden, from], (u) => (2 * u - 1) / Math.sqrt(from))] as [string, HostArray],
    [`w/quantizer.${name}.0.bias`, drawn(50 + i, [hidden], (u) => u - 0.5)] as [string, HostArray],
    [`w/quantizer.${name}.2.weight`, drawn(60 + i, [to, hidden], (u) => (2 * u - 1) / Math.sqrt(hidden))] as [string, HostArray],
    [`w/quantizer.${name}.2.bias`, drawn(70 + i, [to], (u) => u - 0.5)] as [string, HostArray],
  ]);
}

const list = (value: unknown): readonly unknown[] => value as readonly unknown[];
