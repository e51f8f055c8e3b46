/** The algorithm in one file: what it computes is what the library computes. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { infinitystar, readModel } from '../../examples/one-file/infinitystar.ts';
import { rowMajor } from '../../src/array/host.ts';
import { makeBackend } from '../../src/backends.ts';
import { shippedModel } from '../../src/model/default.ts';
import type { Model } from '../../src/model/load.ts';
import { loadModel } from '../../src/model/load.ts';
import { generateVideo } from '../../src/pipeline/generate.ts';
import { verbatim } from '../../src/prompt/reader.ts';
import type { OnStep } from '../../src/sampler/sample.ts';

const readOnce = readModel(shippedModel('toy'));

it.each([
  ['a red circle moving right on a white background', 17, 0],
  ['a green square moving up on a gray background', 1, 7],
  ['a blue  triangle standing on a blâck box', 1, 4294967295], // words that the vocabulary lacks
])('%s, %i frames, seed %i: bits are equal, frames within one', async (prompt, frames, seed) => {
  const own = infinitystar(readOnce, prompt, frames, seed);
  const bits: Uint8Array[] = [];
  // Both take the prompt as it is: reading what people write is no part of the algorithm.
  const opened = await loadModel(shippedModel('toy'), await makeBackend('wasm'));
  const model: Model = { ...opened, readPrompt: (text) => ({ ...opened.readPrompt(text), text }) };
  const onStep: OnStep = (step) => void bits.push(Uint8Array.from(step.bits.data));
  // The file takes prompts as they are; reading them (prompt/reader.ts) comes before.
  const video = await generateVideo({ ...model, readPrompt: verbatim }, { prompt, frames, seed, onStep });
  expect(own.bits).toEqual(bits);
  expect(own.shape).toEqual(video.frames.shape);
  const right = rowMajor(video.frames);
  expect(own.frames.reduce((worst, byte, i) => Math.max(worst, Math.abs(byte - right[i])), 0)).toBeLessThanOrEqual(1);
}, 300_000); // plain loops

it('is a file of at most 600 lines that imports nothing but reading and writing files', () => {
  const text = readFileSync(join(import.meta.dirname, '../../examples/one-file/infinitystar.ts'), 'utf8');
  expect(text.split('\n').length).toBeLessThanOrEqual(600);
  expect([...text.matchAll(/\bimport\b.*/g)].map(([line]) => line).filter((line) => line.includes('from'))).toEqual([
    "import { readFileSync, writeFileSync } from 'node:fs';",
  ]);
});
