/**
 * `npm run build:browser`: the library for browsers in one file, dist/browser/infinitystar.js, with its source map; worker.js,
 * the same as the script of a worker, and worker-client.js, a page's side of it (src/worker). Beside them lies webp_dec.wasm,
 * which is fetched when a WebP file is read.
 */

import { copyFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import type { BuildOptions } from 'esbuild';

const root = join(import.meta.dirname, '..');

export const bundle = join(root, 'dist/browser/infinitystar.js');

/** @throws if anything on the path needs a built-in module of Node. */
export async function buildBrowser(): Promise<void> {
  const options: BuildOptions = {
    outdir: dirname(bundle), bundle: true, format: 'esm', platform: 'browser', target: 'es2022', logLevel: 'warning',
    sourcemap: true, sourcesContent: false, // the package has them
    minifyWhitespace: true,
  };
  await build({ ...options, entryPoints: { infinitystar: join(root, 'src/browser.ts'), 'worker-client': join(root, 'src/worker/client.ts') } });
  // The worker's script has the library from the file beside it.
  await build({ ...options, entryPoints: { worker: join(root, 'src/worker/index.ts') }, plugins: [{
    name: 'library',
    setup: (context) => context.onResolve({ filter: /\/browser\.ts$/ }, () => ({ path: './infinitystar.js', external: true })),
  }] });
  const decoder = createRequire(import.meta.url).resolve('@jsquash/webp/codec/dec/webp_dec.wasm');
  await copyFile(decoder, join(dirname(bundle), 'webp_dec.wasm'));
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await buildBrowser();
