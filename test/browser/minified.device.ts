/**
 * Programs with the library in them are minified: kernels must still compile, and give the same numbers. Bundled by those
 * that people use, with their settings for production.
 */

import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { build as viteBuild } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import webpack from 'webpack';

const root = join(import.meta.dirname, '../..');

/** Every kernel in mode `webasm`, and the project's own WebAssembly, which starts workers from its text. */
const PROGRAM = `
import { gpujsBackend } from ${JSON.stringify(join(root, 'backends/gpujs/index.ts'))};
import { wasmBackend } from ${JSON.stringify(join(root, 'backends/wasm/index.ts'))};
import { hostTensor } from ${JSON.stringify(join(root, 'src/array/host.ts'))};

async function work(b) {
  const up = (shape) => b.upload(hostTensor(Float32Array.from({ length: shape.reduce((a, n) => a * n, 1) }, (_, i) => Math.sin(i)), shape));
  const x = up([1, 2, 3, 4, 6]), w = up([3, 2, 2, 3, 3]), m = up([6, 8]), v = up([8]);
  const results = [
    b.conv3d(x, w, up([3])), b.conv3dWeightGradient(x, up([1, 3, 2, 4, 6]), [2, 3, 3]), b.resize(x, [3, 8, 5], 'trilinear'),
    b.resizeGradient(x, [3, 2, 3], 'area'), b.matmul(m, m, { transposeB: true, bias: up([6]) }), b.softmax(m), b.rmsNorm(m, v, 1e-6),
    b.l2Normalize(m, 0, up([6])), b.sum(m, [1]), b.div(m, b.affine(b.map('exp', v), 2, 1)), b.map('gelu', m), b.permute(x, [0, 2, 4, 3, 1]),
    b.concat([m, m], 1), b.take(m, Int32Array.of(3, 1)), b.rotary(m, up([2, 6, 4])), b.slice(m, 1, 2, 7), b.expand(up([1, 8]), [3, 8]),
  ];
  const sums = [];
  for (const y of results) sums.push((await b.read(y)).data.reduce((sum, value, i) => sum + value * Math.cos(i), 0));
  await b.close();
  return sums;
}
const quiet = { onChoice: () => undefined };
console.log(JSON.stringify([await work(await gpujsBackend({ gpu: 'webasm' })), await work(await wasmBackend({ threads: 2, ...quiet }))]));
`;

/** For webpack, which reads no TypeScript: types go, nothing else is changed. */
const STRIP = `module.exports = function (source) {
  return require('esbuild').transformSync(source, { loader: 'ts', target: 'es2022' }).code;
};`;

let folder = '';
let entry = '';
beforeAll(async () => {
  folder = await mkdtemp(join(root, 'node_modules/.minified-')); // packages are found from there
  entry = join(folder, 'entry.js');
  await writeFile(entry, PROGRAM);
  await writeFile(join(folder, 'strip.cjs'), STRIP);
});
afterAll(() => rm(folder, { recursive: true }));

function run(file: string): Promise<number[][]> {
  const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (text: Buffer) => (stdout += text.toString()));
  child.stderr.on('data', (text: Buffer) => (stderr += text.toString()));
  return new Promise((resolve, reject) => {
    child.once('close', () => {
      try {
        resolve(JSON.parse(stdout.split('\n')[0]) as number[][]);
      } catch {
        reject(new Error(`${stdout}\n${stderr}`));
      }
    });
  });
}

describe('minified', { timeout: 300_000 }, () => {
  let plain: number[][];
  it('not at all, both backends agree', async () => {
    const outfile = join(folder, 'plain.mjs');
    await build({ ...esbuild, entryPoints: [entry], outfile });
    plain = await run(outfile);
    plain[0].forEach((sum, i) => expect(sum).toBeCloseTo(plain[1][i], 3));
  });

  it.each<[string, (out: string) => Promise<unknown>]>([
    ['esbuild', (out) => build({ ...esbuild, entryPoints: [entry], outfile: join(out, 'out.mjs'), minify: true })],
    ['Vite', (out) => viteBuild({
      root: folder, logLevel: 'error', configFile: false,
      build: { outDir: out, target: 'es2022', lib: { entry, formats: ['es'], fileName: () => 'out.mjs' }, minify: true },
    })],
    ['webpack', (out) => new Promise<void>((resolve, reject) => {
      webpack({
        context: folder, mode: 'production', entry, performance: { hints: false }, target: ['node', 'es2022'], experiments: { outputModule: true },
        output: { path: out, filename: 'out.mjs', module: true },
        module: { rules: [{ test: /\.ts$/, use: join(folder, 'strip.cjs') }] },
      }, (error, stats) => {
        const problem = error ?? (stats?.hasErrors() === true ? new Error(stats.toString('errors-only')) : undefined);
        if (problem === undefined) resolve();
        else reject(problem);
      });
    })],
  ])('by %s they give the same numbers', async (name, bundle) => {
    const out = join(folder, name);
    await bundle(out);
    expect(await run(join(out, 'out.mjs'))).toEqual(plain);
  });
});

/** As for a browser; the program runs in Node all the same. */
const esbuild = { bundle: true, format: 'esm', platform: 'browser', target: 'es2022', logLevel: 'silent' } as const;
