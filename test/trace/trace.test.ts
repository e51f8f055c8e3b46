/** Traces: names, order, values, and that watching changes nothing. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HostArray } from '../../src/array/host.ts';
import { rowMajor } from '../../src/array/host.ts';
import { referenceBackend } from '../../reference/backend.ts';
import { readNpz } from '../../src/io/npz.ts';
import { shippedModel } from '../../src/model/default.ts';
import { loadModel } from '../../src/model/load.ts';
import { generateVideo } from '../../src/pipeline/generate.ts';
import { seededUniforms } from '../../src/sampler/uniforms.ts';
import { isOutline, stageFilter, stageName, stepOfStage } from '../../src/trace/stages.ts';
import { statisticsOf } from '../../src/trace/statistics.ts';
import { Trace } from '../../src/trace/trace.ts';
import { STEPS } from '../../src/spec/steps.ts';
import { hostTensor } from '../../src/array/host.ts';

interface Line {
  readonly index: number;
  readonly name: string;
  readonly step: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly notFinite: number;
}

const folder = mkdtempSync(join(tmpdir(), 'trace-'));
afterAll(() => rmSync(folder, { recursive: true }));
const picture = { prompt: 'a circle', frames: 1, seed: 3 };

interface Read {
  readonly lines: Line[];
  readonly arrays: Map<string, HostArray>;
  readonly frames: unknown;
}

async function traced(name: string, only?: string): Promise<Read> {
  const trace = new Trace(join(folder, name), only === undefined ? {} : { wanted: stageFilter(only) });
  const model = await loadModel(shippedModel('toy'), trace.watch(referenceBackend()));
  const video = await generateVideo(model, { ...picture, onStep: trace.steps(seededUniforms(3)) });
  trace.close();
  const [, ...lines] = readFileSync(join(folder, name, 'trace.jsonl'), 'utf8').trim().split('\n');
  const archive = join(folder, name, 'tensors.npz');
  const arrays = readNpz(readFileSync(archive), archive);
  return { lines: lines.map((line) => JSON.parse(line) as Line), arrays, frames: video.frames };
}

describe('a traced picture', () => {
  let lines: Line[];
  let arrays: Map<string, HostArray>;
  let frames: unknown;
  beforeAll(async () => {
    ({ lines, arrays, frames } = await traced('outline'));
  });

  it('is the same picture as without a trace', async () => {
    const plain = await generateVideo(await loadModel(shippedModel('toy'), referenceBackend()), picture);
    expect(frames).toEqual(plain.frames);
  });

  it('lists its stages in the order of execution', () => {
    const step = lines.map(({ name }) => name).filter((name) => name.startsWith('clip0/scale1/rep0/') && !/block/.test(name));
    const parts = ['embed', 'rope', 'logits', 'guided', 'uniforms', 'margin', 'sampled', 'bits', 'code'];
    expect(step).toEqual(parts.map((part) => `clip0/scale1/rep0/${part}`));
    expect(lines.map(({ index }) => index)).toEqual(lines.map((_, i) => i));
    expect(lines[0].name).toBe('text_encoder/embeddings');
    expect(lines.at(-1)!.name).toBe('decode/chunk0/conv_out');
  });

  it('has every value in the archive, with its shape and spec step', () => {
    for (const { name, shape, step } of lines) {
      expect(arrays.get(`out/${name}`)?.shape, name).toEqual(shape);
      expect(step in STEPS, `${name} has step '${step}'`).toBe(true);
    }
    expect(arrays.size).toBe(lines.length);
  });

  it('gives margins whose sign is the sampled bit', () => {
    const name = 'out/clip0/scale3/rep0/';
    const margins = rowMajor(arrays.get(`${name}margin`)!);
    expect([...rowMajor(arrays.get(`${name}sampled`)!)]).toEqual([...margins].map((margin) => (margin >= 0 ? 1 : 0)));
  });

  it('does not overwrite a trace', () => expect(() => new Trace(join(folder, 'outline'))).toThrow(/EEXIST/));
});

it('writes only what a pattern names, also from inside blocks', async () => {
  const { lines } = await traced('some', '**/scale3/**/attention,**/seen_keys');
  expect(lines.slice(0, 2).map(({ name }) => name)).toEqual(['clip0/scale0/rep0/block0/attention/seen_keys', 'clip0/scale0/rep0/block1/attention/seen_keys']);
  expect(lines.filter(({ name }) => name.endsWith('attention'))).toHaveLength(5); // blocks
});

describe('names', () => {
  it.each([
    ['generate/sample/clip1/scale3/rep0/logits', 'clip1/scale3/rep0/logits'],
    ['clip2/interact/sample/clip0/scale3/rep0/embed', 'call2/clip0/scale3/rep0/embed'],
    ['clip0/sample/text/prefix', 'call0/text/prefix'],
    ['encode/encode/chunk0/mid', 'encode/chunk0/mid'],
    ['encode/clip0/step3/residual', 'quantize/clip0/step3/residual'],
    ['decode/clip1/step0', 'dequantize/clip1/step0'],
    ['generate/condition/quantize/clip0/step1', 'condition/quantize/clip0/step1'],
  ])('%s → %s', (path, name) => expect(stageName(path)).toBe(name));

  it('knows the steps of text and picture', () => {
    expect([stepOfStage('text/rope'), stepOfStage('clip0/scale1/rep0/rope')]).toEqual(['R2', 'R3']);
  });

  it('leaves the inside of blocks out of the outline', () => {
    expect(['text/block0', 'text/block0/mlp', 'decode/chunk0/up1', 'decode/chunk0/up1/resnet_0'].map(isOutline)).toEqual([true, false, true, false]);
  });
});

it('describes finite values and counts the others', () => {
  const { min, max, mean, std, notFinite } = statisticsOf(hostTensor(Float32Array.of(1, 3, NaN, Infinity), [4]));
  expect({ min, max, mean, std, notFinite }).toEqual({ min: 1, max: 3, mean: 2, std: 1, notFinite: 2 });
});
