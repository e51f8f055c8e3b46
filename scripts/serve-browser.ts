/**
 * `npm run example:browser [-- --port <n>]`: serves examples/browser with the bundle and the default model, on this machine
 * only, on port 8080 unless another is given; 0 is any free one.
 * The headers isolate the page from other sites, which lets it share memory with threads.
 */

import type { Server } from 'node:http';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { defaultModel } from '../src/model/default.ts';
import { ArgumentError } from '../src/errors.ts';
import { serveFolders } from '../src/serve/static-server.ts';
import { buildBrowser, bundle } from './build-browser.ts';

const root = join(import.meta.dirname, '..');

/** @param port 0 for any free one. @param model directory. @returns the server and its address. */
export function serve(port = 0, model = defaultModel()): Promise<{ readonly server: Server; readonly address: string }> {
  return serveFolders([['/library/', dirname(bundle)], ['/model/', model], ['/', join(root, 'examples/browser')]], port);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await import('./errors-in-a-line.ts');
  const { port } = parseArgs({ options: { port: { type: 'string', default: '8080' } } }).values;
  if (!/^\d+$/.test(port) || Number(port) > 65535) throw new ArgumentError('--port', 'a number from 0 to 65535', port);
  const { address } = await serve(Number(port));
  await buildBrowser();
  process.stdout.write(`open ${address} in a browser; Ctrl-C ends\n`);
}
