/** Prompts: duration prefix, hooks, limits, and the toy model's tokenizer. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toJson, toyTextConfig, toyTokenizer } from '../../scripts/make-toy-tokenizer.ts';
import { ArgumentError } from '../../src/errors.ts';
import { Fields } from '../../src/io/fields.ts';
import { tokenizePrompt } from '../../src/text/features.ts';
import { preparePrompt, withSuffix } from '../../src/text/prompt.ts';
import { readT5Config } from '../../src/text/t5-config.ts';
import { parseTokenizerJson } from '../../src/text/unigram/tokenizer-json.ts';

const folder = join(import.meta.dirname, '../../fixtures/models/toy/text_encoder');
const shipped = readFileSync(join(folder, 'tokenizer.json'), 'utf8');
const toy = parseTokenizerJson(shipped);

describe('preparePrompt', () => {
  it('puts the duration in front of what the hooks made', async () => {
    const rewrite = async (prompt: string) => `${prompt}, slowly`;
    const hooks = [rewrite, withSuffix(', close-up')];
    expect(await preparePrompt('A fox', { seconds: 5, hooks })).toBe('<<<t=5s>>>A fox, slowly, close-up');
    expect(await preparePrompt(' A fox ')).toBe(' A fox ');
  });

  it('refuses what makes no sense', async () => {
    for (const prompt of ['', '  \n', '\u3000\u0085']) {
      await expect(preparePrompt(prompt)).rejects.toThrow(ArgumentError);
    }
    await expect(preparePrompt('a', { hooks: [() => ' '] })).rejects.toThrow(ArgumentError);
    for (const seconds of [0, -1, 2.5, NaN, Infinity]) {
      await expect(preparePrompt('a', { seconds })).rejects.toThrow('seconds: expected a positive whole number');
    }
  });
});

describe('tokenizePrompt', () => {
  it('says when the end of a prompt is cut off', () => {
    const short = tokenizePrompt(toy, 'a red circle');
    expect(short).toEqual({ ids: toy.encode('a red circle').ids, pieces: ['▁a', '▁red', '▁circle', '</s>'], truncated: 0 });
    expect(tokenizePrompt(toy, 'a '.repeat(511)).truncated).toBe(0);
    const long = tokenizePrompt(toy, 'a '.repeat(514));
    expect(long.ids.length).toBe(512);
    expect(long.ids.at(-1)).toBe(1);
    expect(long.truncated).toBe(3);
  });

  it('refuses a blank prompt', () => {
    expect(() => tokenizePrompt(toy, ' ')).toThrow(ArgumentError);
  });
});

describe('the toy text encoder', () => {
  it('is what its script writes', () => {
    expect(shipped).toBe(toJson(toyTokenizer()));
    expect(readFileSync(join(folder, 'config.json'), 'utf8')).toBe(toJson(toyTextConfig()));
  });

  it('has a vocabulary that its embedding holds', () => {
    const json: unknown = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
    expect(toy.vocabularySize).toBeLessThanOrEqual(readT5Config(new Fields(json, 'config.json')).vocab_size);
  });

  it('has one token for every word of a caption', () => {
    for (const colour of ['red', 'green', 'blue', 'yellow', 'magenta', 'cyan']) {
      for (const motion of ['moving left', 'moving right', 'moving up', 'moving down', 'staying still']) {
        const words = `a ${colour} circle ${motion} on a black background`.split(' ');
        expect(toy.encode(words.join(' ')).tokens).toEqual([...words.map((word) => `\u2581${word}`), '</s>']);
      }
    }
    expect(toy.encode('a gray square on a white triangle').ids.length).toBe(8);
  });

  it('has tokens for the duration prefix', () => {
    const { tokens } = toy.encode('<<<t=10s>>>a red circle');
    expect(tokens).toEqual(['\u2581<<<t=', '1', '0', 's>>>', 'a', '\u2581red', '\u2581circle', '</s>']);
  });

  it('tokenizes any English text without a loss', () => {
    const ascii = fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)) });
    fc.assert(fc.property(ascii, (text) => {
      fc.pre(!/<(pad|unk|\/s)>/.test(text));
      const { ids } = toy.encode(text);
      expect([...ids]).not.toContain(2);
      expect(toy.decode(ids)).toBe(text.split(' ').filter((word) => word !== '').join(' '));
    }), { numRuns: 300 });
  });
});
