/** The library for browsers: one file, and nothing of Node on any path to it. */

import { join } from 'node:path';
import { build } from 'esbuild';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');

it('bundles without built-in modules of Node', async () => {
  // Unlike platform 'browser' alone, this would not forgive an import of a built-in by its plain name.
  const { metafile, outputFiles } = await build({
    entryPoints: [join(root, 'src/browser.ts')], bundle: true, format: 'esm', platform: 'browser', target: 'es2022',
    write: false, metafile: true, outdir: 'out', logLevel: 'silent',
  });
  const [output] = Object.values(metafile.outputs);
  expect(output.imports.filter(({ external }) => external)).toEqual([]);
  const inputs = Object.keys(metafile.inputs);
  expect(inputs.filter((input) => input.includes('/cli/') || input.startsWith('node:'))).toEqual([]);
  expect(inputs.some((input) => input.endsWith('gpu-browser.js'))).toBe(true);
  expect(outputFiles[0].text).not.toMatch(/require\("(node:)?(fs|path|os|worker_threads)"\)/);
});
