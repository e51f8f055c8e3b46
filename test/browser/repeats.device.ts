/**
 * Twenty pictures on one page, or fifty with ALL=1: the device and the browser hold as much afterwards as after the
 * first ones.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { buildBrowser } from '../../scripts/build-browser.ts';
import { serve } from '../../scripts/serve-browser.ts';
import { writeTinyModel } from '../model/tiny.ts';
import { executablePath, launchChromium } from './chromium.ts';

interface Held {
  readonly arrays: number;
  readonly bytes: number;
  readonly compilations: number;
}

const FIVES = process.env['ALL'] === undefined ? 4 : 10;

describe.skipIf(executablePath === undefined)('in Chromium', () => {
  it.each(['webgl2', 'webgpu'])('many pictures take no more memory than ten (%s)', async (mode) => {
    await buildBrowser();
    const directory = await writeTinyModel();
    const { server, address } = await serve(0, directory);
    const others = new Set(chromiumProcesses());
    const browser = await launchChromium();
    try {
      const page = await browser.newPage();
      await page.goto(address);
      await page.evaluate(SETUP(mode));
      const held: Held[] = [];
      const resident: number[] = [];
      for (let five = 0; five < FIVES; five++) {
        held.push(await page.evaluate<Held>(`again(${5 * five})`));
        resident.push(residentBytes(chromiumProcesses().filter((id) => !others.has(id))));
      }
      for (const now of held) expect(now).toEqual(held[0]);
      // Garbage comes and goes in Chromium too: a leak of one picture's arrays would be 10 to 40 times that.
      expect(resident.at(-1)).toBeLessThan(Math.max(...resident.slice(0, 2)) + 96 * 2 ** 20);
    } finally {
      await browser.close();
      server.close();
      await rm(directory, { recursive: true });
    }
  }, 420_000);
});

/** Makes \`again\`: five pictures; what the device holds afterwards. */
const SETUP = (mode: string): string => `(async () => {
  const { fetchedFiles, generateVideo, gpujsBackend, openModel } = await import('/library/infinitystar.js');
  const backend = await gpujsBackend({ gpu: '${mode}' });
  const model = await openModel(fetchedFiles(new URL('model', location.href).href), backend);
  globalThis.again = async (first) => {
    for (let seed = first; seed < first + 5; seed++) await generateVideo(model, { prompt: 'a red circle', frames: 1, seed });
    const { arrays, bytes, compilations } = backend.counts;
    return { arrays, bytes, compilations };
  };
})()`;

/** On Linux; none elsewhere. */
function chromiumProcesses(): string[] {
  try {
    return readdirSync('/proc').filter((id) => /^\d+$/.test(id) && /chrom/.test(fileOf(id, 'comm')));
  } catch {
    return [];
  }
}

function residentBytes(ids: readonly string[]): number {
  return ids.reduce((sum, id) => sum + 1024 * Number(/^VmRSS:\s+(\d+) kB/m.exec(fileOf(id, 'status'))?.[1] ?? 0), 0);
}

function fileOf(id: string, name: string): string {
  try {
    return readFileSync(`/proc/${id}/${name}`, 'utf8');
  } catch {
    return ''; // ended meanwhile
  }
}
