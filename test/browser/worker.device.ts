/** The examples of a model in a worker, each built as its readers build it, from the package, and run in headless Chromium. */

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser } from 'playwright-core';
import { build as viteBuild } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import webpack from 'webpack';
import { makeBackend } from '../../src/backends.ts';
import { shippedModel } from '../../src/model/default.ts';
import { loadModel } from '../../src/model/load.ts';
import { generateVideo } from '../../src/pipeline/generate.ts';
import { serveFolders } from '../../src/serve/static-server.ts';
import type { Folders } from '../../src/serve/static-server.ts';
import { executablePath, launchChromium } from './chromium.ts';

const root = join(import.meta.dirname, '../..');
const PATIENCE = 240_000;

describe.skipIf(executablePath === undefined)('a model in a worker', { timeout: 900_000 }, () => {
  let folder: string;
  let browser: Browser;
  let expected: string;

  beforeAll(async () => {
    await promisify(execFile)('npm', ['run', '-s', 'build'], { cwd: root });
    folder = await mkdtemp(join(root, 'node_modules/.worker-'));
    await cp(join(root, 'examples/worker'), folder, { recursive: true });
    await mkdir(join(folder, 'node_modules'));
    await symlink(root, join(folder, 'node_modules/infinitystar'));
    browser = await launchChromium();
    const model = await loadModel(shippedModel('toy'), await makeBackend('wasm', { threads: 1 }));
    const video = await generateVideo(model, { prompt: 'a red circle moving right on a white background', seed: 0 });
    expected = createHash('sha256').update(video.frames.data).digest('hex');
    await model.backend.close();
  }, 900_000);

  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true });
  });

  async function run(folders: Folders): Promise<void> {
    const { server, address } = await serveFolders(folders);
    const page = await browser.newPage();
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(String(error)));
    // Files that a model may have, and the icon, are asked for and not there.
    const isProblem = (text: string): boolean => !text.startsWith('Failed to load resource');
    page.on('console', (message) => message.type() === 'error' && isProblem(message.text()) && problems.push(message.text()));
    await page.goto(address);
    try {
      await page.locator('button', { hasText: 'Generate' }).click({ timeout: PATIENCE }); // not before the model is there
      await page.waitForSelector('body[data-state=done]', { timeout: PATIENCE });
      expect(await page.textContent('output')).toBe('17 frames');
      expect(await page.getAttribute('body', 'data-digest')).toBe(expected);
      expect(await page.evaluate('[canvas => canvas.getContext("2d").getImageData(0, 0, 64, 64).data][0](document.querySelector("canvas"))[3]')).toBe(255);
      expect(problems).toEqual([]);
    } catch (error) {
      throw new Error(`${await page.textContent('output')}; ${problems.join('; ')}`, { cause: error });
    } finally {
      await page.close();
      server.close();
      server.closeAllConnections();
    }
  }

  it('bundled by Vite', async () => {
    await viteBuild({ root: join(folder, 'vite'), logLevel: 'error' });
    await run([['/', join(folder, 'vite/dist')]]);
  });

  it('bundled by webpack', async () => {
    const { default: config } = (await import(join(folder, 'webpack/webpack.config.js'))) as { readonly default: webpack.Configuration };
    const context = join(folder, 'webpack');
    await new Promise<void>((resolve, reject) => {
      webpack({ ...config, context }, (error, stats) => {
        const problem = error ?? (stats?.hasErrors() === true ? new Error(stats.toString('errors-only')) : undefined);
        if (problem === undefined) resolve();
        else reject(problem);
      });
    });
    await run([['/out/', join(context, 'out')], ['/', context]]);
  });

  it('plain modules', async () => {
    const own = ['dist/browser', 'fixtures/models'].map((path) => [`/infinitystar/${path}/`, join(root, path)] as const);
    await cp(join(folder, 'app.js'), join(folder, 'plain/app.js'));
    await run([...own, ['/', join(folder, 'plain')]]);
  });
});
