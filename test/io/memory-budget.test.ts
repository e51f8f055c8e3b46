/** What reading a small file takes, measured in a process of its own: files that use their whole budget. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { FileError } from '../../src/errors.ts';
import { Budget, checkMemory, READ_BUDGET, readBudget } from '../../src/io/memory-budget.ts';
import { pngOf } from './png-build.ts';

const folder = mkdtempSync(join(tmpdir(), 'budget-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('a budget is a fixed share and some for every byte of the file', () => {
  expect([readBudget(0), readBudget(1000)]).toEqual([READ_BUDGET, READ_BUDGET + 24_000]);
  expect(() => checkMemory('a.gif', READ_BUDGET + 25, 1, 'much')).toThrow(FileError);
  expect(() => checkMemory('a.gif', READ_BUDGET + 24, 1, 'much')).not.toThrow();
});

it('what is unpacked counts twice, and is added up', () => {
  const budget = new Budget('a.npz', 1000);
  budget.spend(READ_BUDGET / 2, 'its members');
  budget.spend(11_999, 'its members');
  expect(() => budget.spend(2, 'its members')).toThrow('its members would take 2 bytes, 1 are left for it');
  expect(() => budget.spend(NaN, 'its members')).toThrow(FileError);
});

/**
 * Largest bytes of a process that reads a file. On Linux from /proc: what getrusage says begins with what the parent had when it
 * was forked.
 */
function peak(path: string): { answer: string; bytes: number } {
  const reader = join(import.meta.dirname, '../../src/io/read-media.ts');
  const code = `import(${JSON.stringify(reader)}).then((m) => m.readMedia(${JSON.stringify(path)}))
    .then((v) => v.frames.shape.join('x'), (e) => e.message)
    .then(async (answer) => {
      const { readFile } = await import('node:fs/promises');
      const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
      const peak = /VmHWM:\\s*(\\d+) kB/.exec(status)?.[1] ?? process.resourceUsage().maxRSS;
      console.log(JSON.stringify({ answer, bytes: Number(peak) * 1024 }));
    });`;
  return JSON.parse(execFileSync(process.execPath, ['--import', 'tsx', '-e', code]).toString()) as { answer: string; bytes: number };
}

it('no small file makes a process larger than 300 MB', () => {
  const largest = { width: 16000, height: 3300, depth: 1, type: 0, raw: new Uint8Array(3300 * 2001) };
  const tooLarge = { ...largest, height: 3500, raw: new Uint8Array(3500 * 2001) };
  // A screen of 2000×2000 that 11 frames of one pixel are drawn on, each of 12 MB
  const screen = [...Buffer.from('GIF89a'), 208, 7, 208, 7, 0x80, 0, 0, 255, 0, 0, 0, 255, 0];
  const frame = [0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 0x01, 0];
  const gif = (frames: number) => Uint8Array.from([...screen, ...Array.from({ length: frames }, () => frame).flat(), 0x3b]);
  const files: [string, Uint8Array, string | RegExp][] = [
    ['a.png', pngOf(largest), '1x3300x16000x3'],
    ['b.png', pngOf(tooLarge), /claims 16000×3500 pixels: 168 MiB to read it; at most 161 are used/],
    ['c.gif', gif(11), '11x2000x2000x3'],
    ['d.gif', gif(50), /claims 50 frames of 2000×2000 pixels: \d+ MiB to read it; at most 161/],
  ];
  for (const [name, bytes, answer] of files) {
    writeFileSync(join(folder, name), bytes);
    const got = peak(join(folder, name));
    expect(got.answer).toMatch(answer);
    expect(got.bytes).toBeLessThan(300e6);
  }
});
