/** The Chromium of this machine, headless. `CHROMIUM` names another executable. */

import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';

const candidates = [process.env['CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Undefined, after one line that says how to get it, where there is none. */
export const executablePath = candidates.find((path) => path !== undefined && existsSync(path));
if (executablePath === undefined) console.warn('skipped: no Chromium here (Debian: apt-get install chromium; or set CHROMIUM)');

export function launchChromium(): Promise<Browser> {
  // No sandbox, for tests run as root; WebGPU, on a software device where there is no other; no traffic of its own.
  const args = ['--no-sandbox', '--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', '--disable-background-networking'];
  return chromium.launch({ executablePath: executablePath!, args, timeout: 60_000 });
}
