/** The static server: what it hands out, and to whom it does not. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ArgumentError } from '../../src/errors.ts';
import { serveFolders } from '../../src/serve/static-server.ts';
import type { Served } from '../../src/serve/static-server.ts';

const root = mkdtempSync(join(tmpdir(), 'served-'));
let served: Served;

beforeAll(async () => {
  for (const folder of ['page', 'model', 'page/deep']) mkdirSync(join(root, folder));
  writeFileSync(join(root, 'secret'), 'secret');
  writeFileSync(join(root, 'page/index.html'), '<p>page</p>');
  writeFileSync(join(root, 'page/a b.js'), '1');
  writeFileSync(join(root, 'model/config.json'), '{}');
  served = await serveFolders([['/model/', join(root, 'model')], ['/', join(root, 'page')]]);
});
afterAll(() => {
  served.server.close();
  rmSync(root, { recursive: true });
});

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** The path goes out as it is, unlike with fetch. */
function get(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  const { hostname, port } = new URL(served.address);
  return new Promise((resolve, reject) => {
    request({ hostname, port, path, method, headers }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (part: string) => (body += part));
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body }));
    }).on('error', reject).end();
  });
}

it.each([
  ['/', '<p>page</p>', 'text/html; charset=utf-8'],
  ['/?a=/../b', '<p>page</p>', 'text/html; charset=utf-8'],
  ['/a%20b.js', '1', 'text/javascript; charset=utf-8'],
  ['/model/config.json', '{}', 'application/json'],
])('hands out %s', async (path, body, type) => {
  const answer = await get(path);
  expect(answer).toMatchObject({ status: 200, body });
  expect(answer.headers).toMatchObject({
    'content-type': type, 'content-length': String(body.length), 'x-content-type-options': 'nosniff',
    'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp',
  });
});

it('answers HEAD without a body', async () => expect(await get('/', {}, 'HEAD')).toMatchObject({ status: 200, body: '' }));

describe('refuses', () => {
  it.each([
    ['a malformed address', '/%E0%A4%A', {}, 400],
    ['a way out', '/../secret', {}, 404],
    ['an encoded way out', '/%2e%2e%2fsecret', {}, 404],
    ['a way out of the model', '/model/../../secret', {}, 404],
    ['a zero byte', '/index.html%00.js', {}, 404],
    ['a folder', '/deep', {}, 404],
    ['what is not there', '/nothing', {}, 404],
    ['another name', '/', { host: 'evil.example:80' }, 403],
    ['another site', '/', { origin: 'https://evil.example' }, 403],
    ['an opaque origin', '/', { origin: 'null' }, 403],
  ] as const)('%s', async (_, path, headers, status) => {
    const answer = await get(path, headers);
    expect(answer.status).toBe(status);
    expect(answer.body).not.toContain('secret');
  });

  it('other methods', async () => expect(await get('/', {}, 'POST')).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } }));
});

it('goes on after refusals, and lets its own pages in', async () => {
  expect((await get('/', { origin: served.address.slice(0, -1) })).status).toBe(200);
});

it('says that a port is taken', async () => {
  const port = Number(new URL(served.address).port);
  await expect(serveFolders([], port)).rejects.toThrow(ArgumentError);
});
