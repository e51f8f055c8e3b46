/** What makes results handier: larger, one for each seed, each scale, long ones, opened ones; and the words a model knows. */

import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it, vi } from 'vitest';
import { readMedia } from '../../src/io/read-media.ts';
import { upscale } from '../../src/io/upscale.ts';
import { runHere } from './run.ts';

const folder = mkdtempSync(join(tmpdir(), 'comfort-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string): string => join(folder, name);
const PROMPT = 'a red circle moving right on a white background';
const generate = (...args: string[]) => runHere('generate', PROMPT, '--threads', '1', ...args);

it('--upscale: the same, larger', async () => {
  await generate('--image-only', '--out', at('a.png'));
  const { frames } = await readMedia(at('a.png'));
  const large = await generate('--image-only', '--upscale', '3', '--out', at('b.png'));
  expect(large.stdout).toContain('a picture of 192×192');
  expect((await readMedia(at('b.png'))).frames.data).toEqual(upscale(frames, 3).data);
  await generate('--image-only', '--upscale', '2', '--upscaling', 'lanczos', '--out', at('c.png'));
  expect((await readMedia(at('c.png'))).frames.data).toEqual(upscale(frames, 2, 'lanczos').data);
  expect((await generate('--upscale', '0', '--out', at('d.gif'))).code).toBe(2);
  expect((await generate('--image-only', '--upscale', '1000', '--out', at('d.png'))).stderr).toMatch(/^error: the enlarged result: claims/m);
}, 60_000);

it('--seeds with a prompt: each seed as a run of its own would be, and a sheet', async () => {
  const out = at('seeds');
  const { stderr, stdout, code } = await generate('--image-only', '--seeds', '0..2', '--out', out);
  expect([code, stderr]).toEqual([0, expect.stringContaining('3 of 3')]);
  expect(stdout).toContain('3 samples of 64×64, 3 of them new');
  expect(readdirSync(out)).toEqual(expect.arrayContaining(['index.html', 'manifest.jsonl', 'sheet.png']));
  const names = readdirSync(out).filter((name) => /^0000-/.test(name)).sort();
  expect(names.length).toBe(3);
  expect((await readMedia(join(out, names[0]))).frames.data).toEqual((await readMedia(at('a.png'))).frames.data);
  expect((await readMedia(join(out, 'sheet.png'))).frames.shape).toEqual([1, 68, 200, 3]);
}, 60_000);

it('--models: several make samples at the same time, the same ones; what fails in one ends all', async () => {
  const [alone, beside] = [at('alone'), at('beside')];
  const seven = ['--image-only', '--seeds', '0..6', '--diverse', '0.9', '--negative', 'a blue square', '--upscale', '2'];
  expect((await generate(...seven, '--models', '1', '--out', alone)).code).toBe(0);
  const { code, stdout, stderr } = await generate(...seven, '--models', '2', '--out', beside);
  expect([code, stderr]).toEqual([0, expect.stringContaining('7 of 7')]);
  expect(stdout).toContain('7 samples of 128×128, 7 of them new');
  const names = readdirSync(alone).filter((name) => name.endsWith('.png'));
  expect(names.length).toBe(8);
  for (const name of names) expect(readFileSync(join(beside, name)).equals(readFileSync(join(alone, name))), name).toBe(true);
  expect(readdirSync(beside).sort()).toEqual(readdirSync(alone).sort());
  rmSync(join(beside, names[4]));
  mkdirSync(join(beside, names[4], 'in the way'), { recursive: true });
  const fails = async (): Promise<void> => {
    const failed = await generate(...seven, '--models', '2', '--out', beside);
    expect([failed.code, failed.stderr]).toEqual([1, expect.stringMatching(/^error: .*is a folder/m)]);
  };
  await fails(); // when it is looked at
  rmSync(join(beside, 'manifest.jsonl'));
  await fails(); // when it is written
}, 120_000);

it('many samples: what cannot be is told before any work, and a part without a prompt is no error', async () => {
  const error = async (...args: string[]): Promise<string> => {
    const { code, stderr } = await generate(...args);
    expect(code).not.toBe(0);
    return stderr;
  };
  writeFileSync(at('taken'), '');
  expect(await error('--samples', '2', '--out', at('taken'))).toMatch(/^error: .*taken: is a file; a folder is to be made there$/m);
  expect(await error('--samples', '2', '--trace', at('trace'))).toContain('error: --trace: expected a single generation');
  for (const alone of [['--shard', '1/2'], ['--layout', 'vbench'], ['--type', 'gif'], ['--models', '2']]) {
    expect(await error(...alone)).toContain(`error: ${alone[0]}: expected --prompts, --samples or --seeds beside it`);
  }
  const empty = await generate('--samples', '2', '--shard', '2/2', '--out', at('empty'));
  expect([empty.code, empty.stdout]).toEqual([0, expect.stringContaining('nothing to make, for part 2/2 has no prompt')]);
}, 60_000);

it('--every-scale: a picture for each scale of it, the last the result; a clip grows too', async () => {
  expect((await generate('--image-only', '--every-scale', '--out', at('scale.png'))).code).toBe(0);
  const scales = await Promise.all([1, 2, 3, 4].map((n) => readMedia(at(`scale-0${n}.png`))));
  expect(scales[3].frames.data).toEqual((await readMedia(at('a.png'))).frames.data);
  expect(new Set(scales.map(({ frames }) => Buffer.from(frames.data).toString('base64'))).size).toBe(4);
  expect((await generate('--every-scale', '--out', at('video.apng'))).code).toBe(0);
  expect((await generate('--out', at('whole.apng'))).code).toBe(0);
  const shapes = await Promise.all([1, 4, 5, 8].map(async (n) => (await readMedia(at(`video-0${n}.apng`))).frames.shape[0]));
  expect(shapes).toEqual([1, 1, 17, 17]);
  expect(readFileSync(at('video-08.apng'))).toEqual(readFileSync(at('whole.apng')));
}, 120_000);

it('--clips: a clip more each time, beyond what the model was trained for; the first as ever', async () => {
  expect((await generate('--clips', '5', '--out', at('long.apng'))).stdout).toContain('81 frames of 64×64');
  const { frames } = await readMedia(at('long.apng'));
  expect(frames.shape[0]).toBe(81);
  const whole = (await readMedia(at('whole.apng'))).frames;
  expect(Buffer.from(frames.data).subarray(0, whole.size)).toEqual(Buffer.from(whole.data));
  expect((await generate('--clips', '2', '--frames', '33', '--out', at('e.gif'))).stderr).toContain('cannot be used with option');
}, 120_000);

it('--open starts the desktop\'s program with the result, and says where there is none', async () => {
  if (process.platform !== 'linux') return;
  const bin = at('xdg-open');
  writeFileSync(bin, `#!/bin/sh\nprintf %s "$1" > '${at('opened')}'\n`);
  chmodSync(bin, 0o755);
  vi.stubEnv('PATH', `${folder}:${process.env['PATH']}`);
  await generate('--image-only', '--out', at('it\'s $(here).png'), '--open');
  await expect.poll(() => readFileSync(at('opened'), 'utf8')).toBe(at('it\'s $(here).png'));
  vi.stubEnv('PATH', at('nothing'));
  const { code, stderr } = await generate('--image-only', '--out', at('f.png'), '--open');
  vi.unstubAllEnvs();
  expect([code, stderr]).toEqual([0, expect.stringMatching(/note: .*f\.png is there, but could not be opened/)]);
}, 60_000);

it('words that a model knows are in info and in help', async () => {
  expect((await runHere('info')).stdout).toMatch(/words that it knows\n {2}colours +red, green.*\n {2}shapes +circle/);
  for (const command of ['generate', 'interact']) expect((await runHere(command, '--help')).stdout).toMatch(/backgrounds +black, white, gray/);
}, 60_000);
