/** The Chromium of this machine, headless. `CHROMIUM` names another executable. */

import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';

const candidates = [process.env['CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Undefined, after one line that says how to get it, where there is none. */
export const executablePath = candidates.find((path) => path !== undefined && existsSync(path));
if (executablePath === undefined) console.warn('skipped: no Chromium here (Debian: apt-get install chromium; or set CHROMIUM)');

/** @param gpu with WebGPU, on a software device where there is no other; or without. */
export function launchChromium({ gpu = true } = {}): Promise<Browser> {
  // Clearing workgroup memory, which kernels write first anyway, doubles what a software device compiles.
  const software = ['--use-webgpu-adapter=swiftshader', '--enable-dawn-features=disable_workgroup_init'];
  const webgpu = gpu ? ['--enable-unsafe-webgpu', ...software] : ['--disable-gpu', '--disable-features=WebGPU'];
  const args = ['--no-sandbox', '--disable-background-networking', ...webgpu]; // no sandbox, for tests run as root; no traffic of its own
  return chromium.launch({ executablePath: executablePath!, args, timeout: 60_000 });
}
