/**
 * Serves folders of files to this machine's own browser, and to nobody else.
 *
 * It listens on 127.0.0.1, answers requests that name it so (a page elsewhere whose name is made to point here does not
 * get in) and that no other site's page sends, and hands out only files below its folders. The headers isolate its pages
 * from other sites, which lets them share memory with threads.
 */

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ArgumentError, UnsupportedError } from '../errors.ts';

/** Beginnings of addresses, such as `/model/`, and the folders they stand for; the first that fits counts. */
export type Folders = readonly (readonly [prefix: string, folder: string])[];

export interface Served {
  readonly server: Server;
  /** `http://127.0.0.1:<port>/` */
  readonly address: string;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8',
  '.json': 'application/json', '.map': 'application/json', '.svg': 'image/svg+xml', '.png': 'image/png', '.wasm': 'application/wasm',
};

const HEADERS: Readonly<Record<string, string>> = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-resource-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
};

/** Why a request gets no file. */
class Refusal extends Error {
  constructor(readonly status: number, message: string) {
    super(message);
  }
}

/**
 * @param port 0 for any free one.
 * @throws ArgumentError if the port is taken, UnsupportedError if the machine does not let it listen.
 */
export async function serveFolders(folders: Folders, port = 0): Promise<Served> {
  const server = createServer((request, response) => {
    answer(folders, request, response).catch((error: unknown) => refuse(request, response, error));
  });
  await listen(server, port);
  return { server, address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((done, failed) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE' || error.code === 'EACCES';
      failed(taken ? new ArgumentError('port', 'a free port of this machine', port) : new UnsupportedError(`cannot listen: ${error.message}`));
    });
    server.listen(port, '127.0.0.1', done);
  });
}

async function answer(folders: Folders, request: IncomingMessage, response: ServerResponse): Promise<void> {
  checkSender(request);
  const file = fileOf(folders, request.url ?? '/');
  const { size } = await regularFile(file);
  response.writeHead(200, { ...HEADERS, 'content-type': TYPES[extname(file)] ?? 'application/octet-stream', 'content-length': size });
  if (request.method === 'HEAD') response.end();
  else await pipeline(createReadStream(file), response);
}

/** @throws Refusal for another method, name or origin than this server's. */
function checkSender({ method = '', headers, socket }: IncomingMessage): void {
  if (method !== 'GET' && method !== 'HEAD') throw new Refusal(405, 'only GET and HEAD');
  const port = socket.localPort!;
  const own = ['127.0.0.1', 'localhost', '[::1]'].map((name) => `${name}:${port}`);
  if (!own.includes(headers.host ?? '')) throw new Refusal(403, 'this server answers to 127.0.0.1 only');
  const { origin } = headers;
  if (origin !== undefined && !own.some((name) => origin === `http://${name}`)) throw new Refusal(403, 'not from another site');
}

/** The path on disk of an address. @throws Refusal if it is malformed or leads out of its folder. */
function fileOf(folders: Folders, url: string): string {
  let path: string;
  try {
    path = decodeURIComponent(url.replace(/[?#].*$/s, ''));
  } catch {
    throw new Refusal(400, 'a malformed address');
  }
  const [prefix, folder] = folders.find(([start]) => path.startsWith(start)) ?? [];
  if (prefix === undefined || folder === undefined) throw new Refusal(404, 'not found');
  const root = resolve(folder);
  const below = path.slice(prefix.length);
  const file = resolve(join(root, below === '' || below.endsWith('/') ? `${below}index.html` : below));
  if (path.includes('\0') || !file.startsWith(root + sep)) throw new Refusal(404, 'not found');
  return file;
}

async function regularFile(file: string): Promise<{ readonly size: number }> {
  const found = await stat(file).catch(() => undefined);
  if (found === undefined || !found.isFile()) throw new Refusal(404, 'not found');
  return found;
}

/** A plain line for a request that gets no file; a file that fails half-way ends the connection. */
function refuse(request: IncomingMessage, response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const { status, message } = error instanceof Refusal ? error : { status: 500, message: 'the file cannot be read' };
  response.writeHead(status, { ...HEADERS, 'content-type': 'text/plain; charset=utf-8', ...(status === 405 ? { allow: 'GET, HEAD' } : {}) });
  response.end(request.method === 'HEAD' ? undefined : `${message}\n`);
}
