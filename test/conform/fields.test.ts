/**
 * No adapter between a golden case and the library fixes what the case states: whichever field of a case's `config`
 * changes, a result changes or the case is refused. Fields that nothing follows from are listed by name.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { referenceBackend } from '../../reference/backend.ts';
import type { Backend } from '../../src/backend/backend.ts';
import { rowMajor } from '../../src/array/host.ts';
import type { HostArray } from '../../src/array/host.ts';
import type { Case, Results } from '../../src/conform/case.ts';
import { kinds } from '../../src/conform/kinds/index.ts';
import { loadCase } from '../../src/conform/load.ts';
import { checkVariants } from '../../src/conform/options.ts';
import { givenBits, interactSettings, sampleModels, sampleRequest } from '../../src/conform/sample-case.ts';
import { Fields } from '../../src/io/fields.ts';

const golden = join(import.meta.dirname, '../../fixtures/golden');

type Json = Readonly<Record<string, unknown>>;
type Values = Map<string, unknown>;

class Changed extends Error {}

/** All results of a case; or, given those of another, whether one differs. */
async function results(c: Case, config: Json, run: typeof compute, before?: Values): Promise<Values> {
  const values: Values = new Map();
  const take = (name: string, value: unknown): void => {
    if (before !== undefined && !isDeepStrictEqual(before.get(name), value)) throw new Changed(name);
    values.set(name, value);
  };
  const collect: Results = {
    tensor: (name: string, value: HostArray) => take(name, [value.shape.slice(), rowMajor(value).slice()]),
    json: take,
  };
  const changed = { ...c, json: c.json, config: new Fields(config, 'config') };
  checkVariants(changed.config);
  await referenceBackend().scope('case', (b) => run(changed, b, collect));
  if (before !== undefined && before.size !== values.size) throw new Changed('number of results');
  return values;
}

/** The paths of all fields: sections by their fields, of lists of objects those of the first. */
function paths(value: unknown, path: readonly string[] = []): string[][] {
  if (Array.isArray(value) && value[0] !== null && typeof value[0] === 'object' && !Array.isArray(value[0])) {
    return paths(value[0], [...path, '0']);
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return [[...path]];
  return Object.entries(value).flatMap(([key, inner]) => paths(inner, [...path, key]));
}

function others(value: unknown): unknown[] {
  if (typeof value === 'number') return value === 0 || value === 1 ? [1 - value, 2] : [value + 1, value - 1, 1];
  if (typeof value === 'boolean') return [!value];
  if (typeof value === 'string') return [{ cfg: 'apg', apg: 'cfg', '-1': '0.3' }[value] ?? '0.01', 'other'];
  if (Array.isArray(value)) return [value.map(() => others(value[0])[0]), value.slice(1)];
  return [];
}

function replaced(value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown {
  if (key === undefined) return by;
  const inner = replaced((value as Json)[key], rest, by);
  if (Array.isArray(value)) return value.map((item: unknown, i) => (String(i) === key ? inner : item));
  return { ...(value as Json), [key]: inner };
}

async function isUsed(c: Case, config: Json, path: readonly string[], before: Values, run: typeof compute): Promise<boolean> {
  const value = path.reduce((inner: unknown, key) => (inner as Json)[key], config);
  for (const other of others(value)) {
    try {
      await results(c, replaced(config, path, other) as Json, run, before);
    } catch {
      return true;
    }
  }
  return false;
}

/** Nothing follows from these: how a case was drawn, and what it says twice. */
const IDLE = [
  'min_margin_to_border', 'selection_rule', 'projection_hidden', 'condition_frames',
  /(^|\.)(dynamic_scale_schedule|video_frames)$/, // the schedule is given itself
  /^steps($|\.)/, // they follow from schedule and repetitions
];

/** What the shapes of weights and inputs say. */
const SHAPES = [
  /(^|\.)(mlp_ratio|text_channels|qwen_qkvo_bias|dim|detail_scale_dim)$/,
  /^model\.(semantic_scale_dim|detail_scale_min_tokens)$/, // the tokenizer's count
];

/** The schedule says how long each clip is. */
const CLIPS = 'frames_inner_clip';

/** Of single layers, what the shapes of weights and inputs say. */
const LAYER = [/^((in|out|z)_channels|channels|kernel|(mlp_)?hidden|(kv_)?heads|head_dim|embed_dim|bias|chunks)$/];

type CaseFields = [id: string, ...idle: (string | RegExp)[]];

const CASES: CaseFields[] = [
  ['bsq/codes-from-bits'],
  ['bsq/binary-spherical-d8-tokens'],
  ['guidance/projected'],
  ['guidance/bit-self-correction', 'items.0.scale_index'], // one strength for all scales
  ['ops/causal-conv3d-k3', ...LAYER],
  ['ops/channel-rms-norm', ...LAYER],
  ['ops/gated-mlp', ...LAYER],
  ['ops/gqa-attention', ...LAYER],
  ['ops/interpolate-area'],
  ['ops/patchify'],
  ['ops/rotary', ...LAYER],
  ['ops/token-rms-norm'],
  ['rope/tables-small'],
  ['rope/visual-interact', /^max_/],
  ['schedules/scale-pack-elegant'],
  ['schedules/table-infinity-elegant-clip20frames-v2-81'],
  ['training/adamw'],
  ['training/loss', /^(embed_dim|depth|block_chunks|num_heads|num_key_value_heads|text_maxlen|\w+_scale_repetition)$/], // heads alone
  ['transformer/block-gqa', ...LAYER],
  ['transformer/block-cached-two-clips', 'schedule', /^calls\.0\.visible/, ...LAYER], // the first call sees itself
  ['vae/down-block-time-odd', ...LAYER],
  ['vae/up-block-time-odd', 'split_first', ...LAYER], // of an odd chunk the first is split in any case
  ['vae/resnet-spatial-norm', ...LAYER],
  ['vae/encode-t1-32x32', 'semantic_scale_dim', 'use_learnable_dim_proj', 'detail_scale_min_tokens', /^(frames|height|width)$/],
  ['msrq/two-clips-wide', /^noise_apply/, CLIPS], // without errors
  ['rope/visual-wide', /^max_/, CLIPS, 'frame_ranges'],
  ['training/context-2', 'context_frames', 'context_interval', CLIPS, /^packing_used/],
];

const SAMPLES: CaseFields[] = [
  ['sampler/t2i-cfg', /^apg/],
  ['sampler/i2v-from-pixels'],
  ['sampler/interact-second-clip', /^apg/],
];

const matches = (path: string, pattern: string | RegExp): boolean => (typeof pattern === 'string' ? path === pattern : pattern.test(path));

function read(id: string, idle: readonly (string | RegExp)[]): { c: Case; config: Json; named: string[][] } {
  const c = loadCase(join(golden, id));
  const { config } = JSON.parse(readFileSync(join(golden, id, 'case.json'), 'utf8')) as { config: Json };
  const unused = [...IDLE, ...SHAPES, ...idle];
  const named = paths(config).filter((path) => !unused.some((pattern) => matches(path.join('.'), pattern)));
  return { c, config, named };
}

/** Models, request and given bits of a sampling case: all that its run takes from the config. */
async function request(c: Case, b: Backend, results: Results): Promise<void> {
  const { transformer, tokenizer, quantizer } = await sampleModels(c, b);
  const asked = { ...sampleRequest(c), ...givenBits(c), text: 0, negative: 0, ...(c.config.has('mode') ? interactSettings(c) : {}) };
  results.json('request', structuredClone(asked));
  results.json('models', [transformer.config, tokenizer.config, quantizer.config]);
}

const compute = (c: Case, b: Backend, results: Results): Promise<void> => kinds.get(c.kind)!.run(c, b, results);

describe('fields of golden cases', () => {
  it.each(CASES)('%s', async (id, ...idle) => {
    const { c, config, named } = read(id, idle);
    const before = await results(c, config, compute);
    for (const path of named) expect([path, await isUsed(c, config, path, before, compute)]).toEqual([path, true]);
  });

  it.each(SAMPLES)('%s, up to what is asked of the sampler', async (id, ...idle) => {
    const { c, config, named } = read(id, idle);
    const before = await results(c, config, request);
    for (const path of named) expect([path, await isUsed(c, config, path, before, request)]).toEqual([path, true]);
  });
});
