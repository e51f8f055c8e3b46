/** Damaged and hostile tokenizer files: a typed error or a tokenizer that works, soon, and nothing else. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FileError, InfinityStarError, UnsupportedError } from '../../src/errors.ts';
import { Charsmap } from '../../src/text/unigram/charsmap.ts';
import { protobufFields } from '../../src/text/unigram/protobuf.ts';
import { parseSpiece } from '../../src/text/unigram/spiece.ts';
import type { Tokenizer } from '../../src/text/unigram/tokenizer.ts';
import { parseTokenizerJson } from '../../src/text/unigram/tokenizer-json.ts';
import { Unigram } from '../../src/text/unigram/unigram.ts';

const models = join(import.meta.dirname, '../../fixtures/golden/text/_models');
const model = readFileSync(join(models, 'rules.model'));
const json = readFileSync(join(models, 'rules.split.tokenizer.json'), 'utf8');

/** Runs the tokenizer that `make` makes; only typed errors may come. */
function tryOut(make: () => Tokenizer): void {
  const started = performance.now();
  try {
    const tokenizer = make();
    tokenizer.decode(tokenizer.encode('A cafe\u0301 \u00bd \uff1c/s\uff1e 猫 <pad>\u0000', 512).ids);
  } catch (error) {
    if (!(error instanceof InfinityStarError)) throw error;
  }
  expect(performance.now() - started).toBeLessThan(3000);
}

describe('spiece.model', () => {
  it('is read or refused at any truncation', () => {
    for (let length = 0; length < model.length; length += 7) tryOut(() => parseSpiece(model.subarray(0, length)));
  });

  it('is read or refused with any bytes changed', () => {
    const change = fc.record({ at: fc.nat(model.length - 1), byte: fc.nat(255) });
    fc.assert(fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), (changes) => {
      const damaged = Uint8Array.from(model);
      for (const { at, byte } of changes) damaged[at] = byte;
      tryOut(() => parseSpiece(damaged));
    }), { numRuns: 500 });
  });

  it('is refused when it is anything else', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(() => parseSpiece(bytes)).toThrow(FileError);
    }), { numRuns: 500 });
  });

  it('is refused when it is not a unigram model', () => {
    // field 2 (trainer) { field 3 (model type): 2 (BPE) }
    expect(() => parseSpiece(Uint8Array.from([0x12, 2, 0x18, 2]))).toThrow(UnsupportedError);
    // field 2 { field 35 (byte fallback): 1 }
    expect(() => parseSpiece(Uint8Array.from([0x12, 3, 0x98, 2, 1]))).toThrow(UnsupportedError);
  });
});

describe('protocol buffers', () => {
  const read = (...bytes: number[]) => [...protobufFields(Uint8Array.from(bytes), 'test')];

  it('are read', () => {
    expect(read(0x08, 0x96, 0x01)).toEqual([{ number: 1, value: 150 }]);
    expect(read(0x12, 2, 7, 8)).toEqual([{ number: 2, value: Uint8Array.from([7, 8]) }]);
    expect(read(0x1d, 1, 2, 3, 4)).toEqual([{ number: 3, value: Uint8Array.from([1, 2, 3, 4]) }]);
  });

  it('are refused when damaged', () => {
    expect(() => read(0x08)).toThrow('truncated');
    expect(() => read(0x12, 3, 7, 8)).toThrow('truncated');
    expect(() => read(0x12, 0xff, 0xff, 0xff, 0xff, 0x7f)).toThrow('truncated');
    expect(() => read(0x08, ...Array<number>(10).fill(0x80))).toThrow('more than 10 bytes');
    expect(() => read(0x0b)).toThrow('wire type 3');
    expect(() => read(0x00, 0)).toThrow('field number 0');
  });
});

describe('tokenizer.json', () => {
  it('is read or refused at any truncation', () => {
    for (let length = 0; length < json.length; length += 97) {
      expect(() => parseTokenizerJson(json.slice(0, length))).toThrow(FileError);
    }
  });

  it('is read or refused with any value replaced', () => {
    const simple = fc.constantFrom<unknown>(null, -1, 1e9, 0.5, '', [], {}, true);
    const value = fc.oneof(simple, fc.jsonValue({ maxDepth: 2 }));
    const steps = fc.array(fc.nat(), { minLength: 1, maxLength: 5 });
    fc.assert(fc.property(steps, value, (path, replacement) => {
      const root = JSON.parse(json) as Record<string, unknown>;
      let parent = root;
      let key = pick(parent, path[0]);
      for (const step of path.slice(1)) {
        const child = parent[key];
        if (child === null || typeof child !== 'object' || Object.keys(child).length === 0) break;
        parent = child as Record<string, unknown>;
        key = pick(parent, step);
      }
      parent[key] = replacement;
      tryOut(() => parseTokenizerJson(JSON.stringify(root)));
    }), { numRuns: 500 });
  });

  it('says what it cannot do', () => {
    const changed = (change: (root: Record<string, Record<string, unknown>>) => void): string => {
      const root = JSON.parse(json) as Record<string, Record<string, unknown>>;
      change(root);
      return JSON.stringify(root);
    };
    const refused: [string, (root: Record<string, Record<string, unknown>>) => void][] = [
      ["type 'BPE'", (root) => (root['model']['type'] = 'BPE')],
      ['byte_fallback', (root) => (root['model']['byte_fallback'] = true)],
      ["type 'NFC'", (root) => (root['normalizer'] = { type: 'NFC' })],
      ['runs of one', (root) => (root['normalizer'] = { type: 'Replace', pattern: { Regex: '(a+)+$' }, content: '' })],
      ["type 'ByteLevel'", (root) => (root['pre_tokenizer'] = { type: 'ByteLevel' })],
      ["'first'", (root) => (root['decoder']['prepend_scheme'] = 'first')],
    ];
    for (const [words, change] of refused) {
      expect(() => parseTokenizerJson(changed(change))).toThrow(UnsupportedError);
      expect(() => parseTokenizerJson(changed(change))).toThrow(words);
    }
  });

  it('is refused when nested without end', () => {
    const deep = '['.repeat(200_000) + ']'.repeat(200_000);
    expect(() => parseTokenizerJson(`{"decoder":{},"model":{"type":"Unigram","vocab":[${deep}]}}`)).toThrow(FileError);
  });

  it('is refused when an entry or an id is absurd', () => {
    const unknown = { text: '<unk>', score: 0 };
    expect(() => new Unigram([unknown, { text: 'a'.repeat(2000), score: 0 }], 0, 'x')).toThrow('2000 characters');
    expect(() => new Unigram([unknown, { text: 'a', score: NaN }], 0, 'x')).toThrow('score NaN');
    expect(() => new Unigram([unknown], 1, 'x')).toThrow('unknown id 1');
    expect(() => new Unigram([], 0, 'x')).toThrow('unknown id 0');
  });
});

describe('charsmap', () => {
  it('is refused or gives a text, whatever the bytes', () => {
    const anyUnits = fc.array(fc.nat(0xffffffff), { maxLength: 8 });
    fc.assert(fc.property(fc.nat(8), anyUnits, fc.uint8Array({ maxLength: 9 }), (n, units, rest) => {
      const bytes = new Uint8Array(4 + 4 * units.length + rest.length);
      const view = new DataView(bytes.buffer);
      view.setUint32(0, 4 * n, true);
      units.forEach((unit, i) => view.setUint32(4 + 4 * i, unit, true));
      bytes.set(rest, 4 + 4 * units.length);
      try {
        expect(typeof new Charsmap(bytes, 'test').normalize('ab\u0301\u0000½')).toBe('string');
      } catch (error) {
        expect(error).toBeInstanceOf(FileError);
      }
    }), { numRuns: 1000 });
  });
});

function pick(object: object, step: number): string {
  const keys = Object.keys(object);
  return keys[step % keys.length];
}
