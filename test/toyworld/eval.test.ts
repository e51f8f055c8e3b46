/** `infinitystar eval` from outside. */

import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPicture } from '../../src/io/read-media.ts';
import { runHere } from '../cli/run.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'infinitystar-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe('eval', () => {
  it('prints a table and draws a sheet', async () => {
    const { code, stdout } = await runHere('eval', '--prompts', '2', '--tokenizer', '--sheet', join(folder, 'a.png'));
    expect(code).toBe(0);
    expect(stdout).toMatch(/^task +right +share +95 % interval\ndrawn +colour +100\.0 % +34\.2 – 100\.0 % +2 of 2\n/);
    expect(stdout).toMatch(/\ntokenizer +colour .*[\s\S]*\n +PSNR +\d+\.\d dB/);
    // two drawn and two reconstructed videos, nine frames each
    expect((await readPicture(join(folder, 'a.png'))).shape).toEqual([2 + 4 * 66, 2 + 9 * 66, 3]);
  });

  it('writes JSON, the same for the same seed', async () => {
    const args = ['eval', '--prompts', '2', '--tasks', 'image', '--seed', '5', '--json'];
    const [first, second] = [await runHere(...args), await runHere(...args)];
    const result = JSON.parse(first.stdout) as { tasks: unknown; scores: { of: number }[]; outcomes: { task: string }[] };
    expect(result.tasks).toEqual(['image']);
    expect(result.scores.map(({ of }) => of)).toEqual(Array(8).fill(2));
    expect(result.outcomes.map(({ task }) => task)).toEqual(['drawn', 'drawn', 'image', 'image']);
    expect(second.stdout).toBe(first.stdout);
  });

  it.each([
    [['--tasks', 'image,dance'], 2, /^error: option '--tasks <list>' argument 'image,dance' is invalid/],
    [['--sheet', 'a.gif'], 1, /^error: --sheet: expected a name that ends in \.png/],
    [['--sheet', 'absent/a.png'], 1, /^error: absent\/a\.png: .*folder 'absent' does not exist$/m],
  ])('refuses %s', async (args, code, line) => {
    const before = await readdir(folder);
    const outcome = await runHere('eval', ...args);
    expect(outcome.stderr).toMatch(line);
    expect(outcome.code).toBe(code);
    expect(await readdir(folder)).toEqual(before);
  });
});
