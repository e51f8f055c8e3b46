/**
 * The suite of every backend and golden cases, computed by devices of a page in headless Chromium: of every kind of
 * case the smallest, or with ALL=1 all of them.
 */

import type { Server } from 'node:http';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe } from 'vitest';
import { GpujsBackend } from '../../backends/gpujs/backend.ts';
import { buildBrowser } from '../../scripts/build-browser.ts';
import { serve } from '../../scripts/serve-browser.ts';
import { describeOperations } from '../backend/suite.ts';
import { cases, describeGolden, smallestCases } from '../conform/describe-golden.ts';
import { executablePath, launchChromium } from './chromium.ts';
import { RemoteDevice } from './remote-device.ts';

describe.skipIf(executablePath === undefined).each(['webgl2', 'webgpu'] as const)('in Chromium: %s', (mode) => {
  let server: Server | undefined;
  let browser: Browser | undefined;
  let backend: GpujsBackend;

  beforeAll(async () => {
    await buildBrowser();
    const served = await serve();
    server = served.server;
    browser = await launchChromium();
    const page = await browser.newPage();
    await page.goto(served.address);
    backend = new GpujsBackend((await RemoteDevice.open(page, mode)).device);
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  describeOperations(`gpujs ${mode}`, () => backend); // of devices that Node opens itself, closing is tested too
  describeGolden(`gpujs ${mode}`, () => backend, process.env['ALL'] === undefined ? smallestCases : cases);
});
