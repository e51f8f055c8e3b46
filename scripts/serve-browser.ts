/**
 * `npm run example:browser`: serves examples/browser with the bundle and the default model, on this machine only.
 * The headers isolate the page from other sites, which lets it share memory with threads.
 */

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, extname, join, normalize, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { defaultModel } from '../src/model/default.ts';
import { buildBrowser, bundle } from './build-browser.ts';

const root = join(import.meta.dirname, '..');

/** Address → folder. */
type Folders = readonly (readonly [prefix: string, folder: string])[];

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.json': 'application/json',
};

/** @param port 0 for any free one. @param model directory. @returns the server and its address. */
export async function serve(
  port = 0, model = defaultModel(),
): Promise<{ readonly server: Server; readonly address: string }> {
  const folders: Folders = [['/library/', dirname(bundle)], ['/model/', model], ['/', join(root, 'examples/browser')]];
  const server = createServer((request, response) => {
    void answer(folders, new URL(request.url ?? '/', 'http://localhost').pathname).then((file) => {
      response.writeHead(file === undefined ? 404 : 200, {
        'content-type': file?.type ?? 'text/plain',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-embedder-policy': 'require-corp',
      });
      response.end(request.method === 'HEAD' ? undefined : (file?.bytes ?? 'not found'));
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return { server, address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

async function answer(
  folders: Folders, path: string,
): Promise<{ readonly bytes: Uint8Array; readonly type: string } | undefined> {
  const [prefix, folder] = folders.find(([start]) => path.startsWith(start))!;
  const file = normalize(join(folder, decodeURIComponent(path.slice(prefix.length)) || 'index.html'));
  if (!file.startsWith(folder + sep)) return undefined;
  try {
    return { bytes: await readFile(file), type: TYPES[extname(file)] ?? 'application/octet-stream' };
  } catch {
    return undefined;
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await buildBrowser();
  const { address } = await serve(8080);
  process.stdout.write(`open ${address} in a browser; Ctrl-C ends\n`);
}
