/** WebP files in headless Chromium, by the bundle and the decoder's code beside it. */

import { createHash } from 'node:crypto';
import type { Server } from 'node:http';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildBrowser } from '../../scripts/build-browser.ts';
import { serve } from '../../scripts/serve-browser.ts';
import { webps } from '../io/webp-samples.ts';
import { executablePath, launchChromium } from './chromium.ts';

describe.skipIf(executablePath === undefined)('in Chromium', () => {
  let server: Server | undefined;
  let address: string;
  let browser: Browser | undefined;

  beforeAll(async () => {
    await buildBrowser();
    ({ server, address } = await serve());
    browser = await launchChromium();
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  it.each(Object.entries(webps))('a WebP is read as Pillow reads it: %s', async (_, { base64, shape, fps, sha }) => {
    const page = await browser!.newPage();
    await page.goto(address);
    // As text: vitest would rewrite the import.
    const got = await page.evaluate<{ shape: number[]; fps: number | null; bytes: number[] }>(`(async () => {
      const { decodeWebp } = await import('/library/infinitystar.js');
      const video = await decodeWebp(Uint8Array.from(atob('${base64}'), (sign) => sign.charCodeAt(0)));
      return { shape: [...video.frames.shape], fps: video.fps, bytes: [...video.frames.data] };
    })()`);
    expect([got.shape, got.fps]).toEqual([[...shape], fps]);
    expect(createHash('sha256').update(Uint8Array.from(got.bytes)).digest('hex').slice(0, 16)).toBe(sha);
    await page.close();
  });
});
