/** The official training as recipes: its draws, its choices of scales, its packing, its caches, and whole steps of it. */

import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostTensor, rowMajor } from '../../src/array/host.ts';
import { makeBackend } from '../../src/backends.ts';
import { listCheckpoint } from '../../src/checkpoint/list.ts';
import { openCheckpoint } from '../../src/checkpoint/checkpoint.ts';
import { loadCase } from '../../src/conform/load.ts';
import { ArgumentError } from '../../src/errors.ts';
import { writeMedia } from '../../src/io/write-media.ts';
import { defaultModel } from '../../src/model/default.ts';
import { loadModel } from '../../src/model/load.ts';
import type { Model } from '../../src/model/load.ts';
import { releasedSchedule, scheduleFrom } from '../../src/pyramid/schedule.ts';
import { scalesFrom } from '../../src/pyramid/scales.ts';
import { seededUniforms } from '../../src/sampler/uniforms.ts';
import { drawCaption } from '../../src/training/released/caption-draws.ts';
import { drawChoice, drawOrder } from '../../src/training/released/choices.ts';
import { CONDITION_NOISE, noisyConditions } from '../../src/training/released/condition-noise.ts';
import { ReleasedDataSet } from '../../src/training/released/data-set.ts';
import { mappedSeconds } from '../../src/training/released/durations.ts';
import { packDataSet } from '../../src/training/released/pack-data-set.ts';
import { parseReleasedRecipe, readReleasedRecipe } from '../../src/training/released/recipe.ts';
import type { ReleasedRecipe } from '../../src/training/released/recipe.ts';
import { lengthOutcomes, selectScales } from '../../src/training/released/select-scales.ts';
import { sequenceBatch } from '../../src/training/released/sequence.ts';
import { releasedTask } from '../../src/training/released/task.ts';
import { cacheFile, readCached, writeCached } from '../../src/training/released/token-cache.ts';
import { random } from '../backend/arrays.ts';

let folder = '';
let recipe: ReleasedRecipe;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'released-'));
  recipe = await readReleasedRecipe('released-480p');
});
afterAll(() => rm(folder, { recursive: true }));

/** How often each result comes, as a share. */
function shares(times: number, draw: (seed: number) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (let seed = 0; seed < times; seed++) {
    const name = draw(seed);
    counts.set(name, (counts.get(name) ?? 0) + 1 / times);
  }
  return counts;
}

describe('choices of scales', () => {
  it('are those of the golden case', () => {
    const c = loadCase(join(import.meta.dirname, '../../fixtures/golden/training/step-variable-length'));
    const [list] = c.config.unknown('sample_schedules') as unknown[];
    const schedule = scheduleFrom(scalesFrom(list, 'schedule'), c.config.integer('scales_in_one_clip'));
    expect(c.config.string('selection_rule')).toBe('variable length outcome 4');
    expect(lengthOutcomes(schedule, recipe)[4]).toEqual(c.config.numbers('selected_scales'));
  });

  it('come with their probabilities, of 5 s, 10 s and 720p', () => {
    const names = (list: readonly number[]): string => list.join(' ');
    for (const [schedule, config] of [
      [releasedSchedule(0.562, '0.40M', 21), recipe],
      [releasedSchedule(0.562, '0.40M', 41), recipe],
      [releasedSchedule(0.562, '0.90M', 21), { ...recipe, drop_720p_last_scale: 0, video_var_len_prob: [60, 20, 10, 6, 2, 1, 1] } as const],
    ] as const) {
      const outcomes = lengthOutcomes(schedule, config);
      const weights = config.video_var_len_prob.slice(0, outcomes.length);
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      const got = shares(3000, (seed) => names(selectScales(schedule, 10, config, seededUniforms(seed))));
      for (const name of new Set(outcomes.map(names))) {
        const expected = weights.reduce((sum, weight, i) => sum + (names(outcomes[i]) === name ? weight / total : 0), 0);
        expect(Math.abs((got.get(name) ?? 0) - expected)).toBeLessThan(0.03);
      }
      const ordered = (list: readonly number[]): boolean => list.every((si, i) => si > (list[i - 1] ?? -1));
      expect(outcomes.every((list) => ordered(list) && list.at(-1)! < schedule.scales.length)).toBe(true);
    }
  });

  it('keep the image and fill up the sequence where length is fixed', () => {
    const schedule = releasedSchedule(0.562, '0.40M', 21);
    const fixed = { ...recipe, train_with_var_seq_len: 0, train_max_token_len: 30000 } as const;
    const large = shares(600, (seed) => {
      const chosen = selectScales(schedule, 20, fixed, seededUniforms(seed));
      const tokens = chosen.reduce((sum, si) => sum + schedule.scales[si].reduce((a, b) => a * b, 1), 20);
      expect(chosen.slice(0, 14)).toEqual([...Array(14).keys()]);
      expect(tokens <= 30000 || chosen.length === 15).toBe(true);
      return String(Math.max(...chosen));
    });
    expect(large.get('27')).toBeGreaterThan(0.05);
    const small = { ...fixed, train_192pshort: 1, train_max_token_len: 2000 };
    expect(selectScales(schedule, 20, small, seededUniforms(0))).toHaveLength(25);
    expect(selectScales(schedule, 20, { ...fixed, train_max_token_len: 1e6 }, seededUniforms(0))).toHaveLength(28);
  });
});

describe('draws of the data', () => {
  it('choose by weight and order evenly', () => {
    const got = shares(2000, (seed) => drawChoice(seededUniforms(seed), ['a', 'b', 'c'], [1, 0, 3]));
    expect(got.get('b')).toBeUndefined();
    expect(Math.abs(got.get('c')! - 0.75)).toBeLessThan(0.04);
    const orders = shares(1200, (seed) => drawOrder(seededUniforms(seed), [1, 2, 3]).join(''));
    expect(orders.size).toBe(6);
    for (const share of orders.values()) expect(Math.abs(share - 1 / 6)).toBeLessThan(0.04);
  });

  it('map durations to whole seconds', () => {
    const map = (end: number, config = recipe): number | undefined => mappedSeconds({ begin: 0, end, fps: 24 }, config, 16);
    expect([map(120), map(119), map(25), map(600)]).toEqual([5, 4, 1, 5]);
    expect(map(600, { ...recipe, drop_long_video: 1 })).toBeUndefined();
    expect(map(30, { ...recipe, min_video_frames: 33 })).toBeUndefined();
    expect(map(30, { ...recipe, duration_resolution: 0.25 })).toBe(1.25);
  });

  it('draw captions: kinds, sentences, quality and duration', () => {
    const texts = new Map([['tarsier2_caption', 'A one. B two. C three.'], ['MiniCPM_V_2_6_caption', 'Other.'], ['quality_prompt', 'Sharp.']]);
    const video = { where: 'x', path: 'a.mp4', clip: { begin: 0, end: 9, fps: 8 }, texts };
    const got = shares(2000, (seed) => drawCaption(video, 5, recipe, seededUniforms(seed)));
    const share = (text: string): number => got.get(`<<<t=5s>>>${text} Sharp.`) ?? 0;
    expect(Math.abs(share('Other.') - 0.5)).toBeLessThan(0.04);
    expect(Math.abs(share('A one.') - 0.05)).toBeLessThan(0.02); // 0.5 · 0.3 / 3
    expect(Math.abs(share('A one. B two.') - 0.05)).toBeLessThan(0.02);
    expect(Math.abs(share('A one. B two. C three.') - 0.4)).toBeLessThan(0.04);
    const picture = { where: 'x', path: 'a.png', texts: new Map([['text', 'Short'], ['long_caption', 'Long']]) };
    expect(Math.abs(shares(2000, (seed) => drawCaption(picture, undefined, recipe, seededUniforms(seed))).get('Short')! - 0.3)).toBeLessThan(0.04);
  });

  it('pack every sample once whole, within the limit, and fill up with cut ones', () => {
    for (let seed = 0; seed < 30; seed++) {
      const sizes = Array.from(seededUniforms(seed).next(40), (u) => 20 + Math.floor(300 * u));
      const tokens = sizes.map((size) => [20, Math.ceil(size / 2) + 10, size]);
      const packed = packDataSet(tokens, { limit: 400, seq_pack_bucket: 20, longestText: 30 }, seededUniforms(seed));
      const whole = new Set<number>();
      let wasted = 0;
      for (const list of packed) {
        let left = 400;
        for (const i of list) {
          if (!whole.has(i) && sizes[i] <= left) {
            whole.add(i);
            left -= sizes[i];
          } else {
            left -= tokens[i].filter((count) => count <= left).at(-1)!;
          }
          expect(left).toBeGreaterThanOrEqual(0);
        }
        wasted += left / 400;
      }
      expect(whole.size).toBe(40);
      expect(wasted / packed.length).toBeLessThan(0.15);
    }
    expect(packDataSet([[5], [5]], { limit: -1, seq_pack_bucket: 9, longestText: 1 }, seededUniforms(0))).toEqual([[0], [1]]);
  });

  it('put noise of 0, 0.15 or 0.3 deviations on conditions, and none on the first frame', () => {
    const input = hostTensor(random([1, 200, 8], 3).data.map((x) => 4 * x), [1, 200, 8]);
    const condition = { input, realSi: 0, frames: [0], size: [2, 5] as const };
    const deviation = (x: ArrayLike<number>): number => {
      const mean = Array.from(x).reduce((sum, value) => sum + value, 0) / x.length;
      return Math.sqrt(Array.from(x).reduce((sum, value) => sum + (value - mean) ** 2, 0) / (x.length - 1));
    };
    const seen = new Map<string, number>();
    for (let seed = 0; seed < 90; seed++) {
      const [semantic, detail] = noisyConditions([condition, condition], seededUniforms(seed));
      expect(rowMajor(detail.input).slice(0, 80)).toEqual(rowMajor(input).slice(0, 80));
      const difference = rowMajor(semantic.input).map((x, i) => x - input.data[i]);
      const ratio = deviation(difference) / deviation(input.data);
      const nearest = CONDITION_NOISE.find((strength) => Math.abs(ratio - strength) < 0.02);
      expect(nearest).toBeDefined();
      seen.set(String(nearest), (seen.get(String(nearest)) ?? 0) + 1);
    }
    expect([...seen.keys()].sort()).toEqual(['0', '0.15', '0.3']);
    for (const count of seen.values()) expect(Math.abs(count - 30)).toBeLessThan(16);
  });
});

describe('token caches', () => {
  it('have the official names', () => {
    const cache = { folder: 'c', pn: '0.40M', fps: 16 };
    const clip = { begin: 3, end: 120, fps: 24 };
    expect(cacheFile(cache, { path: 'data/infinitystar_toy_data/videos/e06b8ca5dbc6.mp4', clip }))
      .toMatch(/^c\/pn_0\.40M_sample_fps_16\/[0-9a-f]{32}_sf_3_ef_120\.pt$/);
    expect(cacheFile(cache, { path: '/a/b/vdataset/clip/d/e/x.y.mp4', clip })).toMatch(/^c\/pn_0\.40M_sample_fps_16\/d\/e\/[0-9a-f]{32}_sf_0_ef_117\.pt$/);
    expect(cacheFile(cache, { path: '/a/b/c/d/../../e/a.png' })).toMatch(/^c\/images_pn_0\.40M\/[0-9a-f]{32}\.pt$/);
    // printf a | md5sum
    expect(cacheFile(cache, { path: 'v/a.gif', clip })).toContain('0cc175b9c0f1b6a831c399e269772661_sf_3_ef_120.pt');
  });

  it('are files of torch.save with one tensor, written and read, longer ones cut', async () => {
    const cache = { folder: join(folder, 'cache'), pn: 'x', fps: 8 };
    const entry = { where: 'w', path: 'a.gif', clip: { begin: 0, end: 9, fps: 8 } };
    const features = random([4, 3, 2, 2], 1);
    await writeCached(cache, entry, features);
    const opened = await openCheckpoint(cacheFile(cache, entry));
    const [{ path, tensor }] = listCheckpoint(opened.value).tensors;
    expect([path, tensor.type, [...tensor.shape]]).toEqual(['', 'float32', [4, 3, 2, 2]]);
    await opened.close();
    expect(rowMajor((await readCached(cache, entry, 4, 2))!)).toEqual(rowMajor(features));
    expect(await readCached(cache, entry, 4, 5)).toBeUndefined();
    await expect(readCached(cache, entry, 64, 2)).rejects.toThrow(/holds a tensor of shape \[4, 3, 2, 2\]/);
    const bytes = await readFile(cacheFile(cache, entry));
    await writeFile(cacheFile(cache, entry), bytes.subarray(0, 300));
    await expect(readCached(cache, entry, 4, 2)).rejects.toThrow();
  });
});

describe('training on a folder', () => {
  let model: Model;
  let lines: object[];
  beforeAll(async () => {
    model = await loadModel(defaultModel(), await makeBackend('wasm', { threads: 1 }), { cutPrompts: true });
    const frames = (count: number) => {
      return hostTensor(Uint8Array.from({ length: count * 4096 * 3 }, (_, i) => (i >> 5) % 251), [count, 64, 64, 3]);
    };
    await writeMedia(join(folder, 'a.gif'), frames(17), 8);
    await writeMedia(join(folder, 'b.gif'), frames(41), 8);
    await writeMedia(join(folder, 'p.png'), frames(1), 8);
    const video = (name: string, end: number, more: object) => {
      return { video_path: name, begin_frame_id: 0, end_frame_id: end, fps: 8, ...more };
    };
    lines = [
      video('a.gif', 17, { tarsier2_caption: 'a red circle. it moves.' }),
      video('b.gif', 41, { tarsier2_caption: 'a blue circle. it stays.', clip_captions: ['a circle', 'a square'] }),
      { image_path: 'p.png', text: 'a circle', long_caption: 'a circle. it is red.' },
    ];
    await writeFile(join(folder, 'x.jsonl'), lines.map((line) => JSON.stringify(line)).join('\n'));
  });
  afterAll(() => model.close());

  const open = (changes: Partial<ReleasedRecipe>): Promise<ReleasedDataSet> => {
    const cache = { folder: join(folder, 'tokens'), pn: '64x64', fps: 8 };
    return ReleasedDataSet.open(folder, { model, tokenizer: model.tokenizer, recipe: { ...recipe, ...changes }, cache, seed: 1 });
  };

  it('packs pictures and videos into one sequence', async () => {
    const changes = { train_max_token_len: 700, train_with_var_seq_len: 0, allow_less_one_elem_in_seq: 0 } as const;
    const data = await open(changes);
    const told: number[] = [];
    await data.extract((done) => told.push(done));
    expect(told).toEqual([1, 2, 3]);
    expect(await readdir(join(folder, 'tokens', 'pn_64x64_sample_fps_8'))).toHaveLength(2);
    const sequence = await data.sequence(0);
    expect(sequence.length).toBeGreaterThan(1);
    const batch = await sequenceBatch(model.backend, model, data, sequence, { ...recipe, ...changes }, seededUniforms(1));
    expect(batch.sequence.lengths.reduce((sum, n) => sum + n, 0) % 128).toBe(0);
    expect(batch.texts.length).toBe(sequence.length);
    expect(new Set(batch.sequence.scales.map(({ scale: [t] }) => t)).size).toBeGreaterThan(1);
  });

  it('trains both clips of a story in one sequence; the second sees its conditions and its own text', async () => {
    const own = { ...recipe, interactive: 1 } as const;
    const data = await open(own);
    const batch = await sequenceBatch(model.backend, model, data, await data.sequence(0), own, seededUniforms(1));
    const { scales, lengths, visible } = batch.sequence;
    const [count, first] = [scales.length, 2 * 4]; // the image and the first clip, 4 scales each
    expect(count).toBe(first + 4);
    expect(batch.texts).toHaveLength(2);
    const [semantic, detail, text0, text1] = [count, count + 1, count + 2, count + 3];
    for (let row = 0; row < count; row++) {
      const second = row >= first;
      expect([semantic, detail, text0, text1].map((column) => visible[row][column])).toEqual([second, second, !second, second]);
    }
    expect(lengths[detail]).toBe(3 * 16);
    expect(lengths[semantic]).toBe(4 * scales[1].scale[1] ** 2);
  });

  it('averages the gradients of accumulated sequences', async () => {
    const short = { ...recipe, video_frames: 17 };
    const data = await open(short);
    const taskOf = (ac: number) => releasedTask({ model, data, recipe: { ...short, ac }, seed: 1, tokenizer: 't' });
    const weights = taskOf(1).initial();
    const key = 'blocks.0.attn.q_proj.weight';
    const at = async (ac: number, step: number) => (await taskOf(ac).gradients(step, weights)).gradients;
    const [a, b, both] = [await at(1, 2), await at(1, 3), await at(2, 1)];
    const name = [...both.keys()].find((candidate) => candidate.endsWith('0.attn.q_proj.weight')) ?? key;
    const [x, y, z] = [a, b, both].map((gradients) => gradients.get(name)!.data);
    const largest = z.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    expect(largest).toBeGreaterThan(0);
    z.forEach((value, i) => expect(Math.abs(value - (x[i] + y[i]) / 2)).toBeLessThan(1e-5 * largest + 1e-9));
  });

  it('gives every sample the schedule of its length and of the nearest aspect ratio', async () => {
    const schedule = { pn: '0.06M', frames_inner_clip: 20, duration_resolution: 4, fps: 16, video_frames: 81 };
    const wide = { ...model, config: { ...model.config, schedule } };
    const cache = { folder: join(folder, 'tokens'), pn: '0.06M', fps: 16 };
    const data = await ReleasedDataSet.open(folder, { model: wide, tokenizer: model.tokenizer, recipe, cache, seed: 1 });
    const last = (...size: number[]) => data.schedule([1, 64, ...size]).scales.at(-1);
    expect(last(1, 16, 16)).toEqual([1, 16, 16]);
    expect(last(9, 12, 21)).toEqual([8, 12, 21]);
    expect(last(21, 21, 12)).toEqual([20, 21, 12]);
    expect(data.schedule([1, 64, 21, 12, 21]).scales).toHaveLength(22);
  });

  it('refuses recipes that make no sense by the name of the field', () => {
    expect(() => parseReleasedRecipe({ ...recipe, cfg: 2 }, 'r')).toThrow(/r\.cfg/);
    expect(() => parseReleasedRecipe({ ...recipe, video_var_len_prob: [0, 0] }, 'r')).toThrow(ArgumentError);
    expect(() => parseReleasedRecipe({ ...recipe, cgf: 1 }, 'r')).toThrow(/cgf/);
  });
});
