/** The command line from outside: real commands, real files, bad input. */

import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readMedia } from '../../src/io/read-media.ts';
import { infinitystar, runHere } from './run.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'infinitystar-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe('pictures', () => {
  it('are generated, the same for the same seed, and go through the tokenizer scale by scale', async () => {
    const first = await infinitystar(folder, 'generate', 'a red circle', '--image-only', '--seed', '3', '--out', 'a.png');
    expect(first).toMatchObject({ code: 0, stdout: expect.stringMatching(/^a\.png: a picture of 64×64 in /) as string });
    await runHere('generate', 'a red circle', '--image-only', '--seed', '3', '--out', join(folder, 'b.png'));
    expect(await readFile(join(folder, 'a.png'))).toEqual(await readFile(join(folder, 'b.png')));
    expect((await readMedia(join(folder, 'a.png'))).frames.shape).toEqual([1, 64, 64, 3]);

    const { code, stdout } = await runHere(
      'reconstruct', join(folder, 'a.png'), '--every-scale', '--scales', '2', '--out', join(folder, 'r.png'),
    );
    expect(code).toBe(0);
    // two repetitions of 1 token, then of 4, at 16 bits
    expect(stdout).toMatch(/r-01\.png: 1 of 4 scales, 1 frames of 64×64, PSNR \d+\.\d\d dB, 32 bits, compression 3072\.0/);
    expect(stdout).toMatch(/r-02\.png: 2 of 4 scales, .* 160 bits, compression 614\.4/);
    expect((await readdir(folder)).filter((name) => name.startsWith('r-'))).toEqual(['r-01.png', 'r-02.png']);
  });
});

it('tells its version', async () => {
  const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
  expect(await runHere('--version')).toMatchObject({ code: 0, stdout: `${version}\n` });
});

it('says when no stage of a trace was asked for', async () => {
  const out = ['--out', join(folder, 'traced.png'), '--trace', join(folder, 'trace'), '--trace-only', 'nothing'];
  const { code, stderr } = await runHere('generate', 'x', '--image-only', ...out);
  expect(code).toBe(1);
  expect(stderr).toMatch(/error: --trace-only: expected a pattern that some stage matches .*, got 'nothing'\n$/);
});

describe('info', () => {
  it('describes the model and the request', async () => {
    const { code, stdout } = await runHere('info', '--frames', '33');
    expect(code).toBe(0);
    expect(stdout).toContain('request: 33 frames of 64×64 at 8 a second, 21 steps');
    expect(stdout).toMatch(/2\/3\s+4×4×4\s+64\s+1\s+64 \(detail\)/);
  });
});

describe('bad input gives one line and a non-zero exit', () => {
  it.each([
    [['generate', ''], 1, /^error: prompt: expected a text that is not blank/],
    [['generate', 'x', '--model', 'toy', '--negative', 'x '.repeat(600)], 1, /^error: prompt: expected at most 512 tokens, got 1201$/],
    [['generate', 'x', '--frames', '18'], 1, /^error: frames: expected 1 .* got 18$/],
    [['generate', 'x', '--frames', '0'], 2, /^error: option '--frames <n>' argument '0' is invalid/],
    [['generate', 'x', '--bogus'], 2, /^error: unknown option '--bogus'/],
    [['generate', 'x', '--out', '{}/missing/a.mp4'], 1, /missing\/a\.mp4: .*folder '.*missing' does not exist$/],
    [['generate', 'x', '--out', '{}/a.txt'], 1, /^error: output: expected \.png/],
    [['generate', 'x', '--model', '{}'], 1, /config\.json: no such file/],
    [['generate', 'x', '--from-image', '{}/absent.png'], 1, /absent\.png: does not exist$/],
    [['generate', 'x', '--from-image', '{}/notes.png'], 1, /notes\.png: is named \.png but is /],
    [['generate', 'x', '--seed', '4294967296'], 2, /^error: option '--seed <n>'/],
    [['generate', 'x', '--threads', '0'], 2, /^error: option '--threads <n>'/],
    [['reconstruct', '{}/notes.txt'], 1, /notes\.txt: is of no supported kind/],
    [['conform', '{}/absent'], 2, /absent: no such directory$/],
    [['generate', 'x', '--seed', ''], 2, /^error: option '--seed <n>' argument '' is invalid/],
    [['generate', 'x', '--out', ''], 2, /^error: option '--out <file>' has an empty value/],
    [['generate', 'x', '--out', '-'], 1, /^error: -: is not a name for an output/],
    [['generate', 'x', '--ratio', '2'], 1, /^error: ratio: expected 1: this model makes 64×64 alone, got 2/],
    [['generate', 'x', '--frames', '66'], 1, /1, 17, 33, 49, 65 \(nearest: 65\), got 66$/],
    [['generate', 'x', '--duration', '2.1'], 1, /^error: duration: expected 2, 4, 6, 8 seconds .*\(nearest: 2\), got 2\.1$/],
    [['generate', 'x', '--trace-only', '**'], 1, /^error: --trace-only: expected a folder to write to/],
    [['info', '--ratio', '0.5'], 1, /^error: ratio: expected 1/],
    [['frobnicate'], 2, /^error: unknown command 'frobnicate'/],
  ])('%s', async (args, code, line) => {
    await writeFile(join(folder, 'notes.png'), 'just a text, by no means a picture');
    await writeFile(join(folder, 'notes.txt'), 'just a text');
    const before = await readdir(folder);
    const outcome = await runHere(...args.map((arg) => arg.replace('{}', folder)));
    const lines = outcome.stderr.trim().split('\n').filter((text) => !text.startsWith('note: '));
    expect(lines[0]).toMatch(line);
    expect(lines[0]).toMatch(/^error: /);
    expect(lines.join('\n')).not.toMatch(/^\s+at /m);
    expect(outcome.code).toBe(code);
    expect(await readdir(folder)).toEqual(before);
  });

  it('from outside too', async () => {
    const outcome = await infinitystar(folder, 'generate', 'x', '--frames', '18');
    expect(outcome.code).toBe(1);
    expect(outcome.stderr.trim().split('\n').at(-1)).toMatch(/^error: frames: expected 1 .* got 18$/);
  });
});
