/**
 * `npm run example:browser`: serves examples/browser with the bundle and the default model, on this machine only.
 * The headers isolate the page from other sites, which lets it share memory with threads.
 */

import type { Server } from 'node:http';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { defaultModel } from '../src/model/default.ts';
import { serveFolders } from '../src/serve/static-server.ts';
import { buildBrowser, bundle } from './build-browser.ts';

const root = join(import.meta.dirname, '..');

/** @param port 0 for any free one. @param model directory. @returns the server and its address. */
export function serve(port = 0, model = defaultModel()): Promise<{ readonly server: Server; readonly address: string }> {
  return serveFolders([['/library/', dirname(bundle)], ['/model/', model], ['/', join(root, 'examples/browser')]], port);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await buildBrowser();
  const { address } = await serve(8080);
  process.stdout.write(`open ${address} in a browser; Ctrl-C ends\n`);
}
