/**
 * The explorer as a plain host serves it: files under a path of its own, without the headers that threads need, in a Chromium
 * without WebGPU. What the first visit loads is weighed; clips are taken as files; the dark page is read by axe.
 */

import { createReadStream, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VIEWS } from '../../explorer/state/state.ts';
import { buildExplorer, explorerFolder } from '../../scripts/build-explorer.ts';
import { infinitystar } from '../cli/run.ts';
import { executablePath, launchChromium } from './chromium.ts';

const PATIENCE = 120_000;
const PATH = '/some/where/else/';
const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.json': 'application/json' };
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Serves files and nothing else: no ranges, no headers, 404 for what is not there. */
function plainHost(): Server {
  return createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://host').pathname;
    const file = join(explorerFolder, normalize(path.startsWith(PATH) ? path.slice(PATH.length) || 'index.html' : 'not-here'));
    stat(file).then((found) => {
      if (!found.isFile()) throw new Error('a folder');
      response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' });
      createReadStream(file).pipe(response);
    }).catch(() => response.writeHead(404).end());
  });
}

describe.skipIf(executablePath === undefined)('the explorer on a plain host', () => {
  const root = mkdtempSync(join(tmpdir(), 'explorer-'));
  const server = plainHost();
  let address: string;
  let browser: Browser;
  let page: Page;
  const problems: string[] = [];
  const loaded: string[] = [];

  beforeAll(async () => {
    await buildExplorer();
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}${PATH}`;
    browser = await launchChromium({ gpu: false });
    page = await browser.newPage({ viewport: { width: 1280, height: 900 }, colorScheme: 'dark' });
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('response', (response) => loaded.push(response.url()));
    await page.goto(address);
    await page.waitForSelector('main[data-live=true]', { timeout: PATIENCE });
  }, 300_000);

  afterAll(async () => {
    await browser?.close();
    server.close();
    server.closeAllConnections();
    rmSync(root, { recursive: true });
  });

  it('runs there, on one thread', async () => {
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(false);
    expect(await page.locator('.result').textContent()).toContain('frames');
  });

  it('weighs at most 400 kB, compressed, without models', () => {
    const files = [...new Set(loaded)].filter((url) => url.startsWith(address) && !url.includes('/model/'))
      .map((url) => new URL(url).pathname.slice(PATH.length) || 'index.html');
    expect(files).toEqual(expect.arrayContaining(['index.html', 'main.js', 'main.css', 'worker.js']));
    const bytes = files.map((file) => gzipSync(readFileSync(join(explorerFolder, file))).length);
    expect(bytes.reduce((a, b) => a + b, 0), files.join(' ')).toBeLessThanOrEqual(400_000);
  });

  it('says that there is no WebGPU, and goes on with WebAssembly', async () => {
    await page.getByLabel('Computes').selectOption('webgpu');
    await expect.poll(() => page.getByRole('alert').textContent(), { timeout: PATIENCE }).toMatch(/webgpu/i);
    await page.getByLabel('Computes').selectOption('wasm');
    await expect.poll(() => page.getByRole('alert').count(), { timeout: PATIENCE }).toBe(0);
    await page.waitForSelector('main[data-live=true]', { timeout: PATIENCE });
    await page.getByRole('button', { name: 'Another seed' }).click();
    await expect.poll(() => page.getByRole('button', { name: 'Another seed' }).isEnabled(), { timeout: PATIENCE }).toBe(true);
    expect(await page.getByRole('alert').count()).toBe(0);
  }, 300_000);

  it('takes a clip of one\'s own into the tokenizer', async () => {
    await infinitystar(root, 'generate', 'a red circle moving left on a white background', '--out', 'clip.gif');
    await page.evaluate(() => void (location.hash = '#view=tokenizer'));
    await page.locator('input[type=file]').setInputFiles(join(root, 'clip.gif'));
    await expect.poll(() => page.locator('.drop').textContent(), { timeout: PATIENCE }).toContain('clip.gif');
    await expect.poll(() => page.locator('.films.many').textContent(), { timeout: PATIENCE }).toMatch(/4 scales: .*dB11680 bits/); // 5 · 2336: 17 frames
  }, 240_000);

  it.each(VIEWS)('%s: axe finds nothing serious in the dark either', async (view) => {
    await page.evaluate((hash) => void (location.hash = hash), `#view=${view}`);
    await page.locator('main section').waitFor();
    await page.evaluate(AXE);
    const found = await page.evaluate<string[]>(`axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
      violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id, nodes }) => id + ': ' + nodes[0].html.slice(0, 120)))`);
    expect(found).toEqual([]);
  }, 120_000);

  it('has thrown nothing', () => expect(problems).toEqual([]));
});
