/**
 * The example page in headless Chromium: every mode of gpu.js that runs there generates the bits of the readable
 * backend, and the page plays moving pictures. The model is tiny, for devices without a GPU.
 */

import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AWKWARD } from '../../backends/gpujs/precision.ts';
import { referenceBackend } from '../../reference/backend.ts';
import { buildBrowser } from '../../scripts/build-browser.ts';
import { serve } from '../../scripts/serve-browser.ts';
import { loadModel } from '../../src/model/load.ts';
import { generateVideo } from '../../src/pipeline/generate.ts';
import { writeTinyModel } from '../model/tiny.ts';
import { executablePath, launchChromium } from './chromium.ts';

describe.skipIf(executablePath === undefined)('in Chromium', () => {
  let tiny: string;
  let server: Server | undefined;
  let address: string;
  let browser: Browser | undefined;

  beforeAll(async () => {
    await buildBrowser();
    tiny = await writeTinyModel();
    const served = await serve(0, tiny);
    server = served.server;
    address = served.address;
    browser = await launchChromium();
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    server?.close();
    await rm(tiny, { recursive: true });
  });

  async function open(query = ''): Promise<Page> {
    const page = await browser!.newPage();
    await page.goto(address + query);
    return page;
  }

  describe('the example page', () => {
    it.each(['wgsl', 'webgl2', 'webgpu', 'webasm', 'wasm'])('%s: bits as the readable backend, moving pictures', async (backend) => {
      const page = await open(`?backend=${backend}`);
      const problems: string[] = [];
      page.on('pageerror', (error) => problems.push(String(error)));
      const bits = await bitsOfReadableBackend(tiny);
      await page.waitForSelector('body[data-state]', { timeout: 240_000 });
      const status = await page.textContent('#status');
      expect(status).not.toContain('error');
      expect(status).toContain(bits);
      expect(problems).toEqual([]);
      if (backend === 'wgsl') expect(status).toMatch(/webgpu computes on .*swiftshader.*, in software/i);
      else if (backend !== 'wasm') expect(status).toContain(`computes with ${backend}`);
      const [first, later] = [await pictureOf(page), await laterPicture(page)];
      expect(new Set(first).size).toBeGreaterThan(10); // not blank
      expect(first.equals(later)).toBe(false); // moving
      await page.close();
    }, 300_000);
  });

  describe('the device', () => {
    it('would lose bits in unsigned precision, which this backend never asks for', async () => {
      const page = await open();
      await page.addScriptTag({ path: join(import.meta.dirname, '../../node_modules/gpu.js/dist/gpu-browser.js') });
      const { single, unsigned } = await page.evaluate<Record<'single' | 'unsigned', number[]>>(THROUGH_KERNELS(AWKWARD));
      expect(single).toEqual([...AWKWARD]);
      expect(unsigned).not.toEqual([...AWKWARD]);
      await page.close();
    });

    it.each(['webgl2', 'webgpu'])('lost, fails the next read and does not hang (%s)', async (mode) => {
      const page = await open();
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

async function bitsOfReadableBackend(directory: string): Promise<string> {
  const hash = createHash('sha256');
  const model = await loadModel(directory, referenceBackend());
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
