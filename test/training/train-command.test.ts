/** `infinitystar train` from outside: what stops a run, what it says, and that the last good checkpoint survives. */

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, open, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { hostTensor } from '../../src/array/host.ts';
import { writeMedia } from '../../src/io/write-media.ts';
import { readWeights } from '../../src/training/run/checkpoint.ts';
import { runHere } from '../cli/run.ts';

let root = '';
let whole: Buffer; // the weights after an uninterrupted run
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'train-'));
  const config = JSON.parse(await readFile('fixtures/models/toy/config.json', 'utf8')) as { tokenizer: object };
  await mkdir(join(root, 'model'));
  const tokenizer = { ...config.tokenizer, block_out_channels: [4, 4, 4, 4] };
  await writeFile(join(root, 'model', 'config.json'), JSON.stringify({ ...config, tokenizer }));
  const { code, stdout } = await runHere(...train('whole'));
  expect([code, stdout]).toEqual([0, expect.stringMatching(/after [2-9] of \d steps, finished/)]);
  whole = await weights('whole');
}, 120_000);
afterAll(() => rm(root, { recursive: true }));
afterEach(() => {
  vi.restoreAllMocks();
});

/** A few steps, a checkpoint after each. */
function train(run: string, ...more: string[]): string[] {
  const settings = ['--model', join(root, 'model'), '--scale-steps', '0.001', '--checkpoint-every', '1', '--threads', '1'];
  return ['train', 'tokenizer', '--run', join(root, run), ...settings, ...more];
}

const weights = (run: string): Promise<Buffer> => readFile(join(root, run, 'tokenizer.safetensors'));
const checkpoint = (run: string): string => join(root, run, 'checkpoint.safetensors');

describe('a run that is killed', () => {
  it('goes on with the same command, and ends with the same bits', async () => {
    const bin = join(import.meta.dirname, '../../bin/infinitystar.js');
    const child = spawn(process.execPath, [bin, ...train('killed')], { stdio: 'ignore' });
    const ended = new Promise<NodeJS.Signals | null>((resolve) => child.once('close', (_, signal) => resolve(signal)));
    while (!existsSync(checkpoint('killed')) && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 5));
    child.kill('SIGKILL');
    expect(await ended).toBe('SIGKILL');
    expect(existsSync(join(root, 'killed', 'tokenizer.safetensors'))).toBe(false); // it was in the middle
    const { code, stdout } = await runHere(...train('killed'));
    expect([code, stdout]).toEqual([0, expect.stringContaining('finished')]);
    expect((await weights('killed')).equals(whole)).toBe(true);
  });
});

describe('a disk that fills up', () => {
  it('ends the run with a line; the last checkpoint is good, and the run goes on from it', async () => {
    const handle = await open(join(root, 'any'), 'w');
    const files = Object.getPrototypeOf(handle) as { write: (...args: unknown[]) => Promise<{ bytesWritten: number }> };
    await handle.close();
    const write = files.write;
    let first = 0; // writes of the first checkpoint
    let done = 0;
    vi.spyOn(files, 'write').mockImplementation(function (this: unknown, ...args) {
      done++;
      if (first === 0 && existsSync(checkpoint('full'))) first = done;
      // Some way into the second checkpoint.
      if (first === 0 || done < 1.5 * first) return write.apply(this, args);
      return Promise.reject(Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' }));
    });
    const { code, stderr } = await runHere(...train('full'));
    const line = /error: .*checkpoint\.safetensors: cannot be written: the disk is full\n$/;
    expect([code, stderr]).toEqual([1, expect.stringMatching(line)]);
    vi.restoreAllMocks();
    expect((await readWeights(checkpoint('full'))).size).toBe((await readWeights(checkpoint('whole'))).size);
    expect((await runHere(...train('full'))).code).toBe(0);
    expect((await weights('full')).equals(whole)).toBe(true);
  });
});

describe('refuses', () => {
  it('a file in place of the run\'s folder', async () => {
    await writeFile(join(root, 'a-file'), 'text');
    const { code, stderr } = await runHere(...train('a-file'));
    expect([code, stderr]).toEqual([1, `error: ${join(root, 'a-file')}: is a file; a run needs a folder\n`]);
    const below = await runHere(...train('a-file/below'));
    expect([below.code, below.stderr]).toEqual([1, expect.stringMatching(/^error: .*below: .*a part of its path is a file\n$/)]);
    expect(await readFile(join(root, 'a-file'), 'utf8')).toBe('text');
  });

  it('the checkpoint of another run, naming what differs', async () => {
    const before = await readFile(checkpoint('whole'));
    const { code, stderr } = await runHere(...train('whole', '--seed', '1'));
    const line = /^error: run: expected a new folder, or one whose run began with the same seed, got .*whole'\n$/;
    expect([code, stderr]).toEqual([1, expect.stringMatching(line)]);
    expect((await readFile(checkpoint('whole'))).equals(before)).toBe(true);
  });

  it.each([
    ['cut off', async (path: string) => truncate(path, 5000)],
    ['empty', async (path: string) => truncate(path, 0)],
    ['of another kind', async (path: string) => writeFile(path, 'no checkpoint at all')],
  ])('a checkpoint that is %s, and keeps it', async (_, damage) => {
    await mkdir(join(root, 'damaged'), { recursive: true });
    await writeFile(checkpoint('damaged'), await readFile(checkpoint('whole')));
    await damage(checkpoint('damaged'));
    const before = await readFile(checkpoint('damaged'));
    const { code, stderr } = await runHere(...train('damaged'));
    const line = /^error: .*damaged\/checkpoint\.safetensors: .*; move it away to begin anew\n$/;
    expect([code, stderr]).toEqual([1, expect.stringMatching(line)]);
    expect((await readFile(checkpoint('damaged'))).equals(before)).toBe(true);
  });

  it.each([
    ['tokenizer', /^error: .*absent: does not exist\n$/],
    ['transformer', /^error: .*absent: does not exist\n$/],
    ['interact', /^error: --data: expected toyworld; a folder has no turns, got /],
  ])('a data folder that is not there: %s', async (what, line) => {
    const { code, stderr } = await runHere('train', what, ...train('data').slice(2), '--data', join(root, 'absent'));
    expect([code, stderr]).toEqual([1, expect.stringMatching(line)]);
    expect(existsSync(join(root, 'data'))).toBe(false);
  });
});

describe('a folder of videos', () => {
  it('is trained on', async () => {
    const values = Uint8Array.from({ length: 17 * 24 * 24 * 3 }, (_, i) => (i * 13) % 200);
    await writeMedia(join(root, 'v.gif'), hostTensor(values, [17, 24, 24, 3]), 8);
    await mkdir(join(root, 'own'));
    await writeFile(join(root, 'own', 'a.jsonl'), '{"video_path": "../v.gif", "begin_frame_id": 0, "end_frame_id": 17, "fps": 8}\n');
    const { code, stderr } = await runHere(...train('of-own', '--data', join(root, 'own')));
    expect([code, stderr]).toEqual([0, expect.stringContaining('note: too few files to hold some out')]);
    expect((await weights('of-own')).equals(whole)).toBe(false);
    const again = await runHere(...train('of-own'));
    expect(again.stderr).toMatch(/began with the same data/);
  });

  it('is trained on by a transformer, whatever the length of the captions', async () => {
    await mkdir(join(root, 'captioned'));
    const lines: string[] = [];
    for (const [i, caption] of ['a red circle', 'a red circle moving left on a white background'].entries()) {
      const values = Uint8Array.from({ length: 33 * 24 * 24 * 3 }, (_, n) => (n * (13 + i)) % 200);
      await writeMedia(join(root, `captioned${i}.gif`), hostTensor(values, [33, 24, 24, 3]), 8);
      const line = { video_path: `../captioned${i}.gif`, begin_frame_id: 0, end_frame_id: 33, fps: 8, tarsier2_caption: caption };
      lines.push(`${JSON.stringify(line)}\n`);
    }
    await writeFile(join(root, 'captioned', 'a.jsonl'), lines.join(''));
    const args = ['train', 'transformer', '--run', join(root, 'own-transformer'), '--scale-steps', '0.001', '--data', join(root, 'captioned')];
    const { code, stdout } = await runHere(...args);
    expect([code, stdout]).toEqual([0, expect.stringContaining('finished')]);
    const [first] = (await readFile(join(root, 'own-transformer', 'log.jsonl'), 'utf8')).split('\n');
    expect((JSON.parse(first) as { loss: number }).loss).toBeCloseTo(Math.log(2), 1);
    await writeFile(join(root, 'captioned', 'a.jsonl'), lines.join('').replaceAll('tarsier2_caption', 'unknown'));
    const without = await runHere(...args.map((arg) => arg.replace('own-transformer', 'no-caption')));
    expect(without.code).toBe(1);
    expect(without.stderr).toMatch(/^(note: .*\n)?error: .*a\.jsonl.* has no caption\n$/);
  });
});
