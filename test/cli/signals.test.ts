/** Ctrl-C and SIGTERM from outside: soon, with the shell's exit code and one line, and nothing is left half done. */

import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readWeights } from '../../src/training/run/checkpoint.ts';
import { smallKit } from '../kit/support.ts';

const bin = join(import.meta.dirname, '../../bin/infinitystar.js');

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signals-'));
});
afterAll(() => rm(folder, { recursive: true }));

interface Ending {
  readonly code: number | null;
  readonly stderr: string;
  /** Milliseconds from the signal to the end of the process. */
  readonly delay: number;
}

/** Runs a command and sends a signal once `ready` occurs in what it says. */
function interrupted(signal: NodeJS.Signals, ready: string, args: readonly string[]): Promise<Ending> {
  const child = spawn(process.execPath, [bin, ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let stderr = '';
  let sent = 0;
  const listen = (text: Buffer): void => {
    stderr += text.toString();
    if (sent > 0 || !stderr.includes(ready)) return;
    sent = performance.now();
    child.kill(signal);
  };
  child.stderr.on('data', listen);
  child.stdout.on('data', listen);
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, stderr, delay: performance.now() - sent })));
}

const video = ['generate', 'a red circle moving right on a white background', '--frames', '65', '--threads', '1', '--out', 'out.gif'];

describe('a generation', () => {
  it.each([['SIGINT', 130], ['SIGTERM', 143]] as const)('ends by %s with %i', async (signal, expected) => {
    const { code, stderr, delay } = await interrupted(signal, 'clip 1, scale 0', video);
    expect(stderr.trim().split('\n').at(-1)).toBe(`interrupted by ${signal}`);
    expect(code).toBe(expected);
    expect(delay).toBeLessThan(1500); // 100 ms and the end of the process, beside other tests
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('a training run', () => {
  it('saves at SIGTERM', async () => {
    const config = JSON.parse(await readFile('fixtures/models/toy/config.json', 'utf8')) as { tokenizer: object };
    const tokenizer = { ...config.tokenizer, block_out_channels: [4, 4, 4, 4] };
    await mkdir(join(folder, 'model'), { recursive: true });
    await writeFile(join(folder, 'model', 'config.json'), JSON.stringify({ ...config, tokenizer }));
    const train = ['train', 'tokenizer', '--model', 'model', '--run', 'run', '--threads', '1'];
    const { code, stderr } = await interrupted('SIGTERM', 'step 1 of', train);
    expect(stderr).toContain('interrupted by SIGTERM');
    expect(code).toBe(143);
    expect((await readWeights(join(folder, 'run', 'checkpoint.safetensors'))).size).toBeGreaterThan(10);
    expect((await readdir(join(folder, 'run'))).filter((name) => name.includes('tmp'))).toEqual([]);
  });
});

it('a driven port ends with its folder when `kit run` ends', async () => {
  const { kit } = await smallKit(['ops/patchify'], ['L1']);
  const beat = join(folder, 'beat');
  const beating = `(while :; do echo >> '${beat}'; sleep 0.05; done) & until [ -s '${beat}' ]; do sleep 0.01; done`;
  const command = `echo "at $PPID" >&2; read line; ${beating}; echo started >&2; sleep 300`;
  const { code, stderr } = await interrupted('SIGTERM', 'started', ['kit', 'run', kit, '--exec', command]);
  expect(code).toBe(143);
  const beats = (await stat(beat)).size;
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect((await stat(beat)).size).toBe(beats); // nobody is left in its group
  const own = new RegExp(`^\\.infinitystar-\\w+-(${/at (\d+)/.exec(stderr)![1]})-`);
  expect((await readdir(tmpdir())).filter((name) => own.test(name))).toEqual([]);
});
