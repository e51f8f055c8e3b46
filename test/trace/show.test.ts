/** `infinitystar trace show`: what a student at a shell sees of a trace, and what of a damaged one. */

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostTensor } from '../../src/array/host.ts';
import { readNpz } from '../../src/io/npz.ts';
import { memorySource } from '../../src/io/byte-source.ts';
import { formatBits } from '../../src/trace/bits.ts';
import { formatNumbers } from '../../src/trace/numbers.ts';
import { readTraceArchive } from '../../src/trace/read.ts';
import { runHere } from '../cli/run.ts';

const root = mkdtempSync(join(tmpdir(), 'show-'));
const folder = join(root, 'trace');
afterAll(() => rmSync(root, { recursive: true }));

const show = (...args: string[]) => runHere('trace', 'show', ...args);

beforeAll(async () => {
  await runHere('generate', 'a red circle', '--image-only', '--out', join(root, 'out.png'), '--trace', folder, '--trace-only', 'clip0/**,**/weights');
});

describe('lists', () => {
  it('the stages as a tree, with shapes and statistics as written', async () => {
    const { code, stdout } = await show(folder, '--only', 'clip0/scale1/rep0/logits,clip0/scale1/rep0/bits');
    expect(code).toBe(0);
    const lines = readFileSync(join(folder, 'trace.jsonl'), 'utf8').split('\n').filter((line) => line.includes('"clip0/scale1/rep0/logits"'));
    const { min } = JSON.parse(lines[0]) as { min: number };
    expect(stdout).toMatch(/prompt "a red circle"/);
    expect(stdout).toMatch(/^clip0\/\n {2}scale1\/\n {4}rep0\/\n {6}logits +T6 +\(2, 4, 32\) +\S+/m);
    expect(stdout).toContain(String(Number(min.toPrecision(4))));
  });

  it('weights of attention, which sum to one', async () => {
    const archive = join(folder, 'tensors.npz');
    const name = 'out/clip0/scale1/rep0/block0/attention/rows0/weights';
    const weights = readNpz(readFileSync(archive), archive, (member) => member === name).get(name)!;
    expect(weights.shape.slice(0, 3)).toEqual([2, 2, 8]); // rows, key heads, two query heads of four tokens
    const keys = weights.shape[3];
    const sum = Array.from({ length: keys }, (_, i) => Number(weights.data[i])).reduce((a, b) => a + b);
    expect(sum).toBeCloseTo(1, 5);
  });
});

it('prints a part of a stage', async () => {
  const { stdout } = await show(folder, 'clip0/scale1/rep0/uniforms', '--all');
  expect(stdout).toMatch(/uniforms {2}S5 {2}\(64\) float32/);
  expect(stdout.split('\n')[2].trim().split(/\s+/)).toHaveLength(64);
});

it('prints the bits of a step with their margins', async () => {
  const { stdout } = await show(folder, 'clip0/scale1/rep0');
  expect(stdout).toMatch(/^clip0\/scale1\/rep0: 1×2×2 tokens of 16 bits/);
  const cells = [...stdout.matchAll(/([01])([+-])[\d.]+/g)];
  expect(cells).toHaveLength(64);
  for (const [, bit, sign] of cells) expect(bit === '1').toBe(sign === '+');
});

describe('formats', () => {
  const x = hostTensor(Float32Array.from({ length: 24 }, (_, i) => i), [2, 3, 4]);
  it('numbers as rows and columns', () => expect(formatNumbers(x, [1])).toBe('12 13 14 15\n16 17 18 19\n20 21 22 23'));
  it('one number', () => expect(formatNumbers(x, [1, 2, 3])).toBe('23'));
  it('the ends of long axes', () => {
    const long = hostTensor(Float32Array.from({ length: 100 }, (_, i) => i), [100]);
    expect(formatNumbers(long).split(/\s+/).filter(Boolean)).toEqual(['0', '1', '2', '…', '97', '98', '99']);
  });
  it('given bits, which are not the drawn ones', () => {
    const bits = hostTensor(Uint8Array.of(1, 0), [1, 1, 1, 1, 2]);
    const text = formatBits('x', { bits, sampled: hostTensor(Uint8Array.of(0, 0), [2]), margin: hostTensor(Float32Array.of(-2, -3), [2]) });
    expect(text).toContain('1*-2.00 0-3.00');
  });
});

describe('says in one line', () => {
  it.each([
    ['that there is no trace', [join(root, 'none')], /does not exist/],
    ['that there is no such stage', [folder, 'clip7'], /stage: expected one of those/],
    ['that an index is out of range', [folder, 'clip0/scale1/rep0/logits', '--at', '9'], /--at: expected indices into \(2, 4, 32\)/],
    ['that a pattern fits nothing', [folder, '--only', 'nothing'], /--only: expected a pattern that fits a stage/],
  ])('%s', async (_, args, message) => {
    const { code, stderr } = await show(...args);
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it.each([
    ['no trace at all', 'hello', /line 1.*is damaged/],
    ['another format', '{"format":2}', /no trace of format 1/],
    ['a shape that is none', '{"format":1}\n{"name":"a","step":"","shape":[-1],"dtype":"float32","min":0,"max":0,"mean":0,"std":0,"notFinite":0}', /none of at most 8 axes/],
    ['a field that lacks', '{"format":1}\n{"name":"a"}', /shape: expected a list of numbers/],
    ['an endless line', `{"format":1,"x":"${'a'.repeat(20_000)}"}`, /longer than/],
    ['nothing', '\n', /first line is missing/],
  ])('%s', async (name, text, message) => {
    const damaged = join(root, name.replaceAll(' ', '-'));
    cpSync(folder, damaged, { recursive: true });
    writeFileSync(join(damaged, 'trace.jsonl'), text);
    expect((await show(damaged)).stderr).toMatch(message);
  });

  it('a shape that is not the value\'s', async () => {
    const damaged = join(root, 'reshaped');
    cpSync(folder, damaged, { recursive: true });
    const lines = readFileSync(join(folder, 'trace.jsonl'), 'utf8').replace('"shape":[64]', '"shape":[65]');
    writeFileSync(join(damaged, 'trace.jsonl'), lines);
    expect((await show(damaged, 'clip0/scale1/rep0/uniforms')).stderr).toMatch(/has shape \[64\], its line says \[65\]/);
  });

  it('passes nothing on that moves a terminal\'s cursor', async () => {
    const damaged = join(root, 'cursor');
    cpSync(folder, damaged, { recursive: true });
    const lines = readFileSync(join(folder, 'trace.jsonl'), 'utf8').replaceAll('clip0/scale1', 'clip0/\\u001b[2Jscale1');
    writeFileSync(join(damaged, 'trace.jsonl'), lines);
    expect((await show(damaged)).stdout).not.toContain('\u001b');
  });
});

it('reads an archive without its lines', async () => {
  const path = join(folder, 'tensors.npz');
  const trace = await readTraceArchive(memorySource(readFileSync(path), path));
  expect(trace.stages.find(({ name }) => name === 'clip0/scale1/rep0/logits')).toMatchObject({ step: 'T6', shape: [2, 4, 32] });
  await expect(readTraceArchive(memorySource(new Uint8Array(100), 'x'))).rejects.toThrow(/truncated/);
});
