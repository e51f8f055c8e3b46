/**
 * `npm run build:browser`: the library for browsers in one file, dist/browser/infinitystar.js, with its source map; worker.js, the
 * same as the script of a worker, and worker-client.js, a page's side of it (src/worker). Beside them lies webp_dec.wasm, which is
 * fetched when a WebP file is read.
 */

import { copyFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '..');

export const bundle = join(root, 'dist/browser/infinitystar.js');

/** @throws if anything on the path needs a built-in module of Node. */
export async function buildBrowser(): Promise<void> {
  await build({
    entryPoints: {
      infinitystar: join(root, 'src/browser.ts'), worker: join(root, 'src/worker/index.ts'), 'worker-client': join(root, 'src/worker/client.ts'),
    },
    outdir: dirname(bundle),
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    sourcemap: true,
    sourcesContent: false, // the package has them
    logLevel: 'warning',
    // Kernels are translated from the text of their functions: names and forms must stay.
    minify: false,
    keepNames: false,
  });
  const decoder = createRequire(import.meta.url).resolve('@jsquash/webp/codec/dec/webp_dec.wasm');
  await copyFile(decoder, join(dirname(bundle), 'webp_dec.wasm'));
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await buildBrowser();
