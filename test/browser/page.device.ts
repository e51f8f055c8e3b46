/**
 * The example page in headless Chromium: every mode of gpu.js that runs there generates the bits of the readable
 * backend, and the page plays moving pictures. `npm run test:browser`; CHROMIUM names another executable.
 */

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AWKWARD } from '../../backends/gpujs/precision.ts';
import { referenceBackend } from '../../reference/backend.ts';
import { buildBrowser } from '../../scripts/build-browser.ts';
import { serve } from '../../scripts/serve-browser.ts';
import { defaultModel } from '../../src/model/default.ts';
import { loadModel } from '../../src/model/load.ts';
import { generateVideo } from '../../src/pipeline/generate.ts';

const executables = [process.env['CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executablePath = executables.find((path) => path !== undefined && existsSync(path));
if (executablePath === undefined) console.warn('skipped: no Chromium here (Debian: apt-get install chromium; or set CHROMIUM)');

describe.skipIf(executablePath === undefined)('in Chromium', () => {
  let server: Server;
  let address: string;
  let browser: Browser;

  beforeAll(async () => {
    await buildBrowser();
    ({ server, address } = await serve());
    // No sandbox, for tests run as root; WebGPU, on a software device where there is no other.
    const args = ['--no-sandbox', '--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'];
    browser = await chromium.launch({ executablePath: executablePath!, args });
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  describe('the example page', () => {
    let bits: string;
    beforeAll(async () => {
      bits = await bitsOfReadableBackend();
    }, 120_000);

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

  describe('the device', () => {
    it('would lose bits in unsigned precision, which this backend never asks for', async () => {
      const page = await browser.newPage();
      await page.goto(address);
      await page.addScriptTag({ path: join(import.meta.dirname, '../../node_modules/gpu.js/dist/gpu-browser.js') });
      const { single, unsigned } = await page.evaluate<Record<'single' | 'unsigned', number[]>>(THROUGH_KERNELS(AWKWARD));
      expect(single).toEqual([...AWKWARD]);
      expect(unsigned).not.toEqual([...AWKWARD]);
      await page.close();
    });

    it.each(['webgl2', 'webgpu'])('lost, fails the next read and does not hang (%s)', async (mode) => {
      const page = await browser.newPage();
      await page.goto(address);
      expect(await page.evaluate(LOSE(mode))).toMatch(new RegExp(`the ${mode} device was lost`));
      await page.close();
    }, 120_000);
  });
});

/** Values through an identity kernel of gpu.js in either precision. */
const THROUGH_KERNELS = (values: Float32Array): string => `(() => {
  const through = (precision) => {
    const gpu = new GPU.GPU({ mode: 'webgl2' });
    const kernel = gpu.createKernel('function same(x) { return x[this.thread.x]; }', { output: [${values.length}], precision });
    return Array.from(kernel(new Float32Array([${values.join(', ')}])));
  };
  return { single: through('single'), unsigned: through('unsigned') };
})()`;

/** Loses the device between an upload and a read; resolves to the error of the read. */
const LOSE = (mode: string): string => `(async () => {
  const contexts = [];
  for (const { prototype } of [OffscreenCanvas, HTMLCanvasElement]) {
    const original = prototype.getContext;
    prototype.getContext = function (...args) {
      const context = original.apply(this, args);
      contexts.push(context);
      return context;
    };
  }
  const devices = [];
  const { requestDevice } = GPUAdapter.prototype;
  GPUAdapter.prototype.requestDevice = async function (...args) {
    const device = await requestDevice.apply(this, args);
    devices.push(device);
    return device;
  };
  const { gpujsBackend } = await import('/library/infinitystar.js');
  const b = await gpujsBackend({ gpu: '${mode}' });
  const x = b.upload({ data: Float32Array.of(1, 2, 3), shape: [3], stride: [1], offset: 0 });
  await b.read(x);
  for (const device of devices) device.destroy();
  for (const context of contexts) context?.getExtension?.('WEBGL_lose_context')?.loseContext();
  return b.read(b.add(x, x)).then(() => 'read', (error) => error.message);
})()`;

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
