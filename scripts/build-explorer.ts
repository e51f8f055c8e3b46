/**
 * `npm run build:explorer`: the explorer as files that any host can serve from any path, in dist/explorer: the page, its worker,
 * the source it points to, the run that it shows first, and the default model.
 */

import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import type { BuildOptions, Plugin } from 'esbuild';
import { PNG } from 'pngjs';
import { Engine } from '../explorer/engine/engine.ts';
import type { Film } from '../explorer/engine/protocol.ts';
import { DEFAULTS } from '../explorer/state/state.ts';
import { wasmBackend } from '../src/browser.ts';
import { defaultModel } from '../src/model/default.ts';
import { serveFolders } from '../src/serve/static-server.ts';
import { lineOf } from '../src/spec/declared.ts';
import { STEPS } from '../src/spec/steps.ts';

const root = join(import.meta.dirname, '..');

export const explorerFolder = join(root, 'dist/explorer');

export interface BuildExplorerOptions {
  /** The model whose run is shown first. */
  readonly model?: string;
  /** Copy the model too, for hosts that serve nothing else; true unless given. */
  readonly copyModel?: boolean;
}

export async function buildExplorer({ model = defaultModel(), copyModel = true }: BuildExplorerOptions = {}): Promise<void> {
  await rm(explorerFolder, { recursive: true, force: true });
  await mkdir(explorerFolder, { recursive: true });
  const common: BuildOptions = {
    bundle: true, format: 'esm', platform: 'browser', target: 'es2022', outdir: explorerFolder, logLevel: 'warning', plugins: [spec, pure],
    jsx: 'automatic', jsxImportSource: 'preact', charset: 'utf8',
  };
  await build({ ...common, entryPoints: { main: join(root, 'explorer/main.tsx') }, minify: true });
  await build({ ...common, entryPoints: { main: join(root, 'explorer/style.css') }, minify: true });
  // gpu.js translates kernels from the text of their functions: names and forms must stay.
  await build({ ...common, entryPoints: { 'worker-gpu': join(root, 'explorer/engine/worker-gpu.ts') }, minifyWhitespace: true });
  await build({ ...common, entryPoints: { worker: join(root, 'explorer/engine/worker.ts') }, minify: true });
  await cp(join(root, 'explorer/index.html'), join(explorerFolder, 'index.html'));
  await copySource();
  await writeFirst(model);
  if (copyModel) await cp(model, join(explorerFolder, 'model'), { recursive: true });
}

/** Where the steps are: `virtual:spec`. */
const spec: Plugin = {
  name: 'spec',
  setup(context) {
    context.onResolve({ filter: /^virtual:spec$/ }, ({ path }) => ({ path, namespace: 'spec' }));
    context.onLoad({ filter: /.*/, namespace: 'spec' }, async () => {
      const text = await readFile(join(root, 'docs/steps.md'), 'utf8');
      const steps = await Promise.all(Object.entries(STEPS).map(async ([id, { title, paper, code }]) => {
        const places = await Promise.all(code.map(async (place) => {
          const [file, name] = place.split(':') as [string, string];
          return { file: `src/${file}`, line: lineOf(await readFile(join(root, 'src', file), 'utf8'), name) };
        }));
        const specLine = text.split('\n').findIndex((line) => line.includes(`**${id}`)) + 1;
        return [id, { title, paper, specLine: Math.max(1, specLine), places }] as const;
      }));
      return { contents: `export const SPEC = ${JSON.stringify(Object.fromEntries(steps))};`, loader: 'js' };
    });
  },
};

/** What is not used of the library stays out: its modules do nothing when they are loaded. */
const pure: Plugin = {
  name: 'pure',
  setup(context) {
    context.onResolve({ filter: /^\.|^gpu\.js$/ }, async (given) => {
      if (given.pluginData === pure || given.kind === 'entry-point') return undefined;
      const { path, kind, importer, resolveDir } = given;
      const found = await context.resolve(path, { kind, importer, resolveDir, pluginData: pure });
      return { ...found, sideEffects: /preact|style\.css/.test(found.path) };
    });
  },
};

async function copySource(): Promise<void> {
  const files = new Set(Object.values(STEPS).flatMap(({ code }) => code.map((place) => `src/${place.split(':')[0]}`)));
  for (const file of ['docs/steps.md', ...files]) {
    const target = join(explorerFolder, 'source', file);
    await mkdir(dirname(target), { recursive: true });
    await cp(join(root, file), target);
  }
}

/** The run that the page shows before a model is there (explorer/state/first.ts), computed by what computes on the page. */
async function writeFirst(model: string): Promise<void> {
  const { server, address } = await serveFolders([['/model/', model]]);
  try {
    const engine = new Engine(() => wasmBackend(), () => undefined);
    const info = await engine.open(`${address}model`, DEFAULTS.backend);
    const { prompt, seed } = DEFAULTS;
    const { film, ...run } = await engine.run({ prompt, seed, frames: info.defaultFrames, flips: [] });
    const { t, h, w } = film;
    const stills = [];
    for (const { index } of run.steps) stills.push(await engine.after(index));
    const picture = new PNG({ width: w, height: h * (t + stills.length) });
    const middle = (still: Film): Uint8Array => {
      const frame = Math.ceil(still.t / 2) - 1;
      return still.data.subarray(frame * h * w * 3, (frame + 1) * h * w * 3);
    };
    const parts = [film.data, ...stills.map(middle)];
    let at = 0;
    for (const part of parts) {
      for (let i = 0; i < part.length; i += 3) {
        picture.data.set([part[i], part[i + 1], part[i + 2], 255], at);
        at += 4;
      }
    }
    await writeFile(join(explorerFolder, 'first.png'), PNG.sync.write(picture, { colorType: 2, deflateLevel: 9 }));
    await writeFile(join(explorerFolder, 'first.json'), JSON.stringify({ model: info, run: { ...run, film: { t, h, w } } }));
    await engine.close();
  } finally {
    server.close();
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await buildExplorer();
