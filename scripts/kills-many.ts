/**
 * `npm run kills:many [-- --samples 500 --times 20 --pictures --seed 1]`: kills one run of many samples at random moments, and
 * starts it again each time. What the manifest has stays and is never made again, and at the end every sample is, byte for byte,
 * what a single run makes. Takes many minutes.
 */

import './errors-in-a-line.ts';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { makeBackend } from '../src/backends.ts';
import { sha256 } from '../src/batch/manifest.ts';
import type { ManifestLine } from '../src/batch/manifest.ts';
import { writeMedia } from '../src/io/write-media.ts';
import { shippedModel } from '../src/model/default.ts';
import { loadModel } from '../src/model/load.ts';
import { generateVideo } from '../src/pipeline/generate.ts';
import { seededUniforms } from '../src/sampler/uniforms.ts';

const { samples, times, pictures, seed } = parseArgs({ options: {
  samples: { type: 'string', default: '500' }, times: { type: 'string', default: '20' },
  pictures: { type: 'boolean', default: false }, seed: { type: 'string', default: '1' },
} }).values;
const count = Number(samples);
const uniforms = seededUniforms(Number(seed));
const place = mkdtempSync(join(tmpdir(), 'kills-many-'));
const out = join(place, 'out');
const bin = join(import.meta.dirname, '../bin/infinitystar.js');
const args = ['generate', 'a red circle', '--samples', samples, '--out', out, ...(pictures ? ['--image-only'] : [])];
let peak = 0;

try {
  let before = '';
  for (let i = 1; i <= Number(times); i++) {
    const wanted = Math.floor(uniforms.next(1)[0] * 2 * (count / (Number(times) + 1)));
    await run(wanted, 1000 * uniforms.next(1)[0]);
    const now = existsSync(join(out, 'manifest.jsonl')) ? readFileSync(join(out, 'manifest.jsonl'), 'utf8') : '';
    if (!now.startsWith(before)) throw new Error('a line of the manifest was lost');
    before = now.slice(0, now.lastIndexOf('\n') + 1); // a line that was cut off is made again
    const codes = existsSync(join(out, 'unfinished')) ? readdirSync(join(out, 'unfinished')).length : 0;
    const made = checkLines(before).length;
    process.stdout.write(`${i}: killed, ${made} of ${count} are there, codes of ${codes} others\n`);
  }
  if ((await run()) !== 0) throw new Error('the last run failed');
  const text = readFileSync(join(out, 'manifest.jsonl'), 'utf8');
  const lines = checkLines(text);
  const left = readdirSync(out).filter((name) => /\.tmp$|^unfinished$/.test(name));
  if (!text.startsWith(before) || lines.length !== count || left.length > 0) throw new Error(`lost: ${lines.length} lines; left over: ${left.join()}`);
  await checkSingles(lines);
  process.stdout.write(`all ${count} are what single runs make; ${peak === 0 ? '' : `at most ${Math.round(peak / 1024)} MB at a time`}\n`);
} finally {
  rmSync(place, { recursive: true });
}

/** @returns the lines. @throws if a file is not as its line says, or a sample has two lines. */
function checkLines(text: string): ManifestLine[] {
  const lines = text.split('\n').slice(0, -1).map((line) => JSON.parse(line) as ManifestLine);
  const damaged = lines.find(({ path, sha256: hash }) => sha256(readFileSync(join(out, path))) !== hash);
  if (damaged !== undefined) throw new Error(`${damaged.path} is not as its line says`);
  if (new Set(lines.map(({ path }) => path)).size !== lines.length) throw new Error('a finished sample was made again');
  return lines;
}

async function checkSingles(lines: readonly ManifestLine[]): Promise<void> {
  const model = await loadModel(shippedModel('toy'), await makeBackend('wasm'));
  for (const { path, text, seed } of lines) {
    const video = await generateVideo(model, { prompt: text, seed, ...(pictures ? { frames: 1 } : {}) });
    const single = join(place, `single${extname(path)}`);
    await writeMedia(single, video.frames, model.config.schedule.fps);
    if (!readFileSync(single).equals(readFileSync(join(out, path)))) throw new Error(`${path} is not what a single run makes`);
  }
  await model.backend.close();
}

/** Kills the run so many milliseconds after it has made `wanted` samples, unless they are not given. @returns the exit code. */
function run(wanted?: number, delay = 0): Promise<number | null> {
  const child = spawn(process.execPath, [bin, ...args], { cwd: place, stdio: ['ignore', 'ignore', 'pipe'] });
  let made = 0;
  const check = (): void => {
    if (made >= wanted!) setTimeout(() => child.kill('SIGKILL'), delay);
  };
  child.stderr.on('data', (text: Buffer) => {
    made += text.toString().split('\n').filter((line) => /^\d+ of /.test(line) && !line.includes('(was there)')).length;
    peak = Math.max(peak, residentKilobytes(child.pid!));
    if (wanted !== undefined) check();
  });
  if (wanted === 0) check();
  return new Promise((resolve) => child.once('close', (code) => resolve(code)));
}

/** 0 where the system does not tell. */
function residentKilobytes(pid: number): number {
  const status = existsSync(`/proc/${pid}/status`) ? readFileSync(`/proc/${pid}/status`, 'utf8') : '';
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0);
}
