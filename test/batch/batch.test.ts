/** Batches: files of prompts, names, seeds; samples that equal single runs, and runs that go on where one was killed. */

import { appendFile, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { observe } from '../../src/backend/observe.ts';
import { makeBackend } from '../../src/backends.ts';
import { stemsOf } from '../../src/batch/layout.ts';
import { readManifest } from '../../src/batch/manifest.ts';
import { writeOverview } from '../../src/batch/overview.ts';
import type { Sample } from '../../src/batch/plan.ts';
import { derivedSeed, planBatch } from '../../src/batch/plan.ts';
import type { BatchPrompt } from '../../src/batch/prompts-file.ts';
import { parsePrompts } from '../../src/batch/prompts-file.ts';
import { runBatch } from '../../src/batch/run.ts';
import { ArgumentError, FileError } from '../../src/errors.ts';
import { readMedia } from '../../src/io/read-media.ts';
import { shippedModel } from '../../src/model/default.ts';
import type { Model } from '../../src/model/load.ts';
import { loadModel } from '../../src/model/load.ts';
import { generateVideo } from '../../src/pipeline/generate.ts';

const parse = (text: string, name: string): BatchPrompt[] => parsePrompts(new TextEncoder().encode(text), name);
const named = (name: string, dimensions: readonly string[] = []): BatchPrompt => {
  return { text: name, name, dimensions, entry: { prompt: name } };
};

describe('files of prompts', () => {
  it('are lines, or objects with the fields of the evaluations', () => {
    expect(parse('\uFEFFa cat\r\n\n  a dog \n', 'p.txt').map(({ text }) => text)).toEqual(['a cat', 'a dog']);
    const vbench = '[{"prompt_en":"a cat","dimension":["color"],"auxiliary_info":{},"refined_prompt":"A cat sits."}, "a dog"]';
    expect(parse(vbench, 'p.json')).toMatchObject([
      { text: 'A cat sits.', name: 'a cat', dimensions: ['color'] }, { text: 'a dog', name: 'a dog', dimensions: [] },
    ]);
    const geneval = '{"tag": "single_object", "include": [{"class": "bench", "count": 1}], "prompt": "a photo of a bench"}\n';
    expect(parse(geneval, 'p.jsonl')).toMatchObject([{ text: 'a photo of a bench', entry: { tag: 'single_object' } }]);
  });

  it.each([
    ['', 'p.txt', /holds no prompt/], ['{}', 'p.json', /no list of prompts/], ['[3]', 'p.json', /entry 0: is neither/],
    ['{"prompt": 3}', 'p.jsonl', /p\.jsonl:1: has a 'prompt' that is no text/], ['\n{', 'p.jsonl', /p\.jsonl:2/],
    ['[{"prompt": "a", "dimension": "color"}]', 'p.json', /no list of texts/], ['[{"text": "a"}]', 'p.json', /neither 'prompt_en'/],
  ])('%j as %s', (text, name, message) => {
    expect(() => parse(text, name)).toThrow(message);
    expect(() => parse(text, name)).toThrow(FileError);
  });
});

describe('names', () => {
  it('are what the evaluations ask for', () => {
    const prompts = [named('a cat', ['temporal_flickering']), named('A dog, by Hokusai')];
    const paths = planBatch(prompts, { layout: 'vbench', ending: '.mp4' }).map(({ path }) => path);
    expect(paths.length).toBe(30);
    expect([paths[0], paths[24], paths[25]]).toEqual(['a cat-0.mp4', 'a cat-24.mp4', 'A dog, by Hokusai-0.mp4']);
    const geneval = planBatch(prompts, { layout: 'geneval', ending: '.png' }).map(({ path }) => path);
    expect([geneval.length, geneval[0], geneval[7]]).toEqual([8, '00000/samples/0000.png', '00001/samples/0003.png']);
  });

  it('never meet, not even where capitals are the same', () => {
    const stems = stemsOf('vbench', [named('a cat'), named('A cat'), named('a Cat')], '.mp4', 5);
    expect(stems).toEqual(['a cat-', 'again/A cat-', 'again-2/a Cat-']);
    const unit = fc.constantFrom('a', 'A', 'é', 'E\u0301', ' ', '-', '1');
    const prompts = fc.array(fc.string({ minLength: 1, unit }), { minLength: 1, maxLength: 12 });
    fc.assert(fc.property(prompts, fc.constantFrom('flat', 'vbench', 'geneval'), (texts, layout) => {
      const samples = planBatch(texts.map((text) => named(text)), { layout, ending: '.png', samples: 3 });
      expect(new Set(samples.map(({ path }) => path.normalize('NFC').toLowerCase())).size).toBe(3 * texts.length);
    }));
  });

  it.each([['a/b'], ['..'], ['a\u0000b'], ['x'.repeat(260)], ['é'.repeat(126)]])('%j cannot be one', (text) => {
    expect(() => planBatch([named(text)], { layout: 'vbench', ending: '.mp4' })).toThrow(ArgumentError);
    expect(planBatch([named(text)], { layout: 'flat', ending: '.mp4' })[0].path).toMatch(/^0000-[a-z0-9-]{1,61}-0\.mp4$/);
  });
});

describe('seeds', () => {
  const prompts = ['a', 'b', 'c', 'd', 'e'].map((text) => named(text));
  const seedsOf = (samples: readonly Sample[]): string[] => {
    return samples.map(({ prompt, sample, seed }) => `${prompt.text}${sample} ${seed}`).sort();
  };

  it('depend on prompt and number alone: not on order, nor on shards', () => {
    const options = { layout: 'flat', ending: '.png', samples: 4, seed: 9 } as const;
    const all = planBatch(prompts, options);
    expect(seedsOf(planBatch(prompts.toReversed(), { ...options, layout: 'vbench' }))).toEqual(seedsOf(all));
    const shards = [1, 2, 3].flatMap((part) => planBatch(prompts, { ...options, shard: [part, 3] }));
    expect(seedsOf(shards)).toEqual(seedsOf(all));
    expect(new Set(all.map(({ seed }) => seed)).size).toBe(20);
    expect(derivedSeed(9, 'a', 0)).not.toBe(derivedSeed(8, 'a', 0));
  });

  it('or are those that are given', () => {
    const samples = planBatch(prompts, { layout: 'flat', ending: '.png', seeds: [4, 5] });
    expect(samples.slice(0, 3).map(({ seed, sample }) => [seed, sample])).toEqual([[4, 0], [5, 1], [4, 0]]);
  });
});

describe('a run', () => {
  let model: Model;
  let folder = '';
  const prompts = ['red circle', 'blue square'].map((what) => named(`a ${what} staying still on a white background`));
  const samples = planBatch(prompts, { layout: 'geneval', ending: '.png', samples: 2 });
  const made: string[] = [];
  const run = (): Promise<void> => runBatch(model, samples, {
    folder, shard: [1, 1], request: { frames: 1 }, settings: { frames: 1 }, modelHash: 'hash', version: '1',
    onSample: ({ path }, _done, isNew) => {
      if (isNew) made.push(path);
    },
  });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'batch-'));
    model = await loadModel(shippedModel('toy'), await makeBackend('wasm', { threads: 1 }));
  });

  afterAll(async () => {
    await model.close();
    await model.backend.close();
    await rm(folder, { recursive: true });
  });

  it('makes what single runs make', async () => {
    await run();
    expect(made).toEqual(samples.map(({ path }) => path));
    for (const { path, prompt, seed } of samples) {
      const single = await generateVideo(model, { prompt: prompt.text, seed, frames: 1 });
      expect((await readMedia(join(folder, path))).frames.data).toEqual(single.frames.data);
    }
  });

  it('goes on after a kill: a line cut off, a file gone, a file changed', async () => {
    const manifest = join(folder, 'manifest.jsonl');
    made.length = 0;
    await run();
    expect(made).toEqual([]);
    const lines = (await readFile(manifest, 'utf8')).split('\n');
    await writeFile(manifest, `${lines.slice(0, 3).join('\n')}\n`);
    await appendFile(manifest, lines[3].slice(0, 40));
    await rm(join(folder, samples[0].path));
    await writeFile(join(folder, samples[1].path), 'not a picture');
    await run();
    expect(made).toEqual([samples[0], samples[1], samples[3]].map(({ path }) => path));
    expect((await readManifest(manifest)).size).toBe(4);
    await appendFile(manifest, '{"path": 3}\n');
    await expect(run()).rejects.toThrow(/manifest\.jsonl:\d+: is damaged/);
    await rm(manifest);
  });

  it('decodes what was sampled and not written when it was ended, and samples nothing twice', async () => {
    const five = planBatch(prompts, { layout: 'flat', ending: '.png', seeds: [0, 1, 2] }).slice(0, 5);
    const place = join(folder, 'ended');
    const stages: string[] = [];
    const watched = { ...model, backend: observe(model.backend, async (path) => void stages.push(path)) };
    const go = async (endAfter: number): Promise<number> => {
      stages.length = 0;
      const onSample = (_: Sample, done: number): void => {
        if (done === endAfter) throw new Error('ended');
      };
      const common = { folder: place, shard: [1, 1], request: { frames: 1 }, settings: {}, modelHash: 'hash', version: '1' } as const;
      const outcome = runBatch(watched, five, { ...common, onSample });
      await (endAfter === 0 ? outcome : expect(outcome).rejects.toThrow('ended'));
      return stages.filter((path) => /clip0\/scale0\/rep0$/.test(path)).length;
    };
    // The first alone, then two together, of which one is written
    expect(await go(2)).toBe(2);
    const kept = await readdir(join(place, 'unfinished'));
    expect(kept.length).toBe(1);
    const [codes] = kept.map((name) => join(place, 'unfinished', name));
    const whole = await readFile(codes);
    expect(await go(3)).toBe(1); // the next one, while what was found is written
    await rm(join(place, five[2].path)); // as if it had been killed before it was written
    await mkdir(join(place, 'unfinished'), { recursive: true });
    await writeFile(codes, whole.subarray(0, 1000));
    expect(await go(0)).toBe(2); // damaged: sampled again, then the other two
    expect(await readdir(place)).not.toContain('unfinished');
    for (const { path, prompt, seed } of five) {
      const single = await generateVideo(model, { prompt: prompt.text, seed, frames: 1 });
      expect((await readMedia(join(place, path))).frames.data).toEqual(single.frames.data);
    }
    await rm(place, { recursive: true });
  });

  it('is shown at a glance', async () => {
    await writeOverview(folder, 'geneval', samples, '');
    expect((await readdir(folder)).sort()).toEqual(['00000', '00001', 'index.html', 'sheet.png']);
    expect((await readdir(join(folder, '00001'))).sort()).toEqual(['grid.png', 'metadata.jsonl', 'samples']);
    expect(JSON.parse(await readFile(join(folder, '00001/metadata.jsonl'), 'utf8'))).toEqual(prompts[1].entry);
    expect((await readMedia(join(folder, '00000/grid.png'))).frames.shape).toEqual([1, 68, 134, 3]);
  });
});
