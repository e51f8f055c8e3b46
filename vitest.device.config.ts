/**
 * Tests that need a browser or a GPU (`npm run test:browser`, `npm run test:gpu`), apart from `npm test`. Where there
 * is no GPU, Debian's Chromium brings a software one that WebGPU in Node can use.
 */

import { existsSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

const softwareGpu = '/usr/lib/chromium/vk_swiftshader_icd.json';
const env = existsSync(softwareGpu) ? { VK_ICD_FILENAMES: process.env['VK_ICD_FILENAMES'] ?? softwareGpu } : {};

export default defineConfig({
  test: { include: ['test/**/*.device.ts'], testTimeout: 60_000, pool: 'forks', fileParallelism: false, env },
});
