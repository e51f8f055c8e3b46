/**
 * The example page in headless Chromium: every mode of gpu.js that runs there generates the bits of the readable
 * backend, and the page plays moving pictures. `npm run test:browser`; CHROMIUM names another executable.
 */

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { Server } from 'node:http';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { referenceBackend } from '../../reference/backend.ts';
import { buildBrowser } from '../../scripts/build-browser.ts';
import { serve } from '../../scripts/serve-browser.ts';
import { defaultModel } from '../../src/model/default.ts';
import { loadModel } from '../../src/model/load.ts';
import { generateVideo } from '../../src/pipeline/generate.ts';

const executables = [process.env['CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executablePath = executables.find((path) => path !== undefined && existsSync(path));

describe.skipIf(executablePath === undefined)('the example page', () => {
  let server: Server;
  let address: string;
  let browser: Browser;
  let bits: string;

  beforeAll(async () => {
    await buildBrowser();
    ({ server, address } = await serve());
    // No window, no sandbox for root, WebGPU on a software device where there is no other.
    const args = ['--no-sandbox', '--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'];
    browser = await chromium.launch({ executablePath: executablePath!, args });
    bits = await bitsOfReadableBackend();
  }, 300_000);

  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  it.each(['webgl2', 'webgpu', 'webasm', 'wasm'])('%s: bits as the readable backend, moving pictures', async (backend) => {
    const page = await browser.newPage();
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(String(error)));
    await page.goto(`${address}?backend=${backend}`);
    await page.waitForSelector('body[data-state]', { timeout: 540_000 });
    const status = await page.textContent('#status');
    expect(status).not.toContain('error');
    expect(status).toContain(bits);
    expect(problems).toEqual([]);
    if (backend !== 'wasm') expect(status).toContain(`computes with ${backend}`);
    const [first, later] = [await pictureOf(page), await laterPicture(page)];
    expect(new Set(first).size).toBeGreaterThan(10); // not blank
    expect(first.equals(later)).toBe(false); // moving
    await page.close();
  }, 600_000);
});

async function bitsOfReadableBackend(): Promise<string> {
  const hash = createHash('sha256');
  const model = await loadModel(defaultModel(), referenceBackend());
  await generateVideo(model, {
    prompt: 'a red circle moving right on a white background',
    seed: 0,
    frames: 17,
    onStep: (step) => void hash.update(step.bits.data),
  });
  return hash.digest('hex');
}

async function pictureOf(page: Page): Promise<Buffer> {
  return PNG.sync.read(await page.locator('#video').screenshot()).data;
}

async function laterPicture(page: Page): Promise<Buffer> {
  await page.waitForTimeout(400); // three frames on
  return pictureOf(page);
}
