/**
 * The suite of every backend and golden cases on the backend webgpu in headless Chromium: of every kind of case the smallest,
 * or with ALL=1 all of them.
 */

import type { Server } from 'node:http';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe } from 'vitest';
import { buildBrowser } from '../../scripts/build-browser.ts';
import { serve } from '../../scripts/serve-browser.ts';
import { describeOperations } from '../backend/suite.ts';
import { cases, describeGolden, smallestCases } from '../conform/describe-golden.ts';
import { executablePath, launchChromium } from './chromium.ts';
import { PageBackend } from './page-backend.ts';

describe.skipIf(executablePath === undefined)('in Chromium', () => {
  let server: Server | undefined;
  let browser: Browser | undefined;
  let backend: PageBackend;

  beforeAll(async () => {
    await buildBrowser();
    const served = await serve();
    server = served.server;
    browser = await launchChromium();
    const page = await browser.newPage();
    await page.goto(served.address);
    backend = await PageBackend.open(page);
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  describeOperations('webgpu', () => backend);
  describeGolden('webgpu', () => backend, process.env['ALL'] === undefined ? smallestCases : cases);
});
