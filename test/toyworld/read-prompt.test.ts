import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ALL_ATTRIBUTES, attributesOf, captionOf } from '../../src/toyworld/attributes.ts';
import { readToyPrompt } from '../../src/toyworld/read-prompt.ts';

const read = (prompt: string, seed = 0) => readToyPrompt(prompt, { seed });
const shown = (prompt: string, seed = 0) => attributesOf(read(prompt, seed).text);

describe('a prompt for the toy world', () => {
  it('is kept if it is a whole sentence, however it is written', () => {
    for (const caption of ALL_ATTRIBUTES.map(captionOf)) {
      expect(read(caption)).toEqual({ text: caption });
      expect(read(`${caption.toUpperCase()}!`)).toEqual({ text: caption });
    }
    expect(read('On a white background: a red circle moving left.')).toEqual({ text: 'a red circle moving left on a white background' });
  });

  it.each([
    ['a red circle', { colour: 'red', shape: 'circle' }],
    ['A Red Circle.', { colour: 'red', shape: 'circle' }],
    ['red circle moving left', { colour: 'red', shape: 'circle', motion: 'moving left' }],
    ['red ball', { colour: 'red', shape: 'circle' }],
    ['two circles', { shape: 'circle' }],
    ['boxes falling, purple on grey', { shape: 'square', motion: 'moving down', colour: 'magenta', background: 'gray' }],
    ['a cat', {}],
  ] as const)('is completed: %s', (prompt, said) => {
    for (let seed = 0; seed < 20; seed++) {
      expect(shown(prompt, seed)).toMatchObject(said);
      expect(Object.keys(shown(prompt, seed))).toHaveLength(4);
    }
    expect(read(prompt, 5)).toEqual(read(prompt, 5));
    expect(new Set(Array.from({ length: 20 }, (_, seed) => read(prompt, seed).text)).size).toBeGreaterThan(prompt.includes('grey') ? 0 : 1);
  });

  it('comes with a notice of what was chosen, not known, or too much', () => {
    expect(read('a red circle moving left').notice).toMatch(/^background is left open, so the seed chose 'a red circle moving left on a /);
    expect(read('a red circel moving up on white').notice).toMatch(/^this model does not know 'circel' \(near: circle.*; it knows the colours red/);
    expect(read('a red and blue circle moving up on white').notice).toBe("it makes one thing at a time and leaves out 'blue'");
    expect(read('🐓').notice).toMatch(/^this model does not know '🐓'/);
    expect(read(`${'y'.repeat(5000)} `.repeat(40)).notice!.length).toBeLessThan(800);
  });

  it('stays open where nothing is to be chosen, and goes on with a story', () => {
    expect(readToyPrompt('A blob')).toMatchObject({ text: 'a blob' });
    const former = 'a red circle moving left on a white background';
    expect(readToyPrompt('Up!', { seed: 1, former })).toEqual({ text: 'a red circle moving up on a white background' });
  });

  it('becomes a caption whatever it is', () => {
    const captions = new Set(ALL_ATTRIBUTES.map(captionOf));
    fc.assert(fc.property(fc.string(), fc.nat(2 ** 32 - 1), (prompt, seed) => captions.has(read(prompt, seed).text)));
  });
});
