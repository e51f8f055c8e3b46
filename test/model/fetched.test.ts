/** Models over HTTP, from hosts as they are found. */

import { createReadStream, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { referenceBackend } from '../../reference/backend.ts';
import { FileError } from '../../src/errors.ts';
import { fetchedFiles } from '../../src/model/fetched.ts';
import { openModel } from '../../src/model/open.ts';
import { shippedModel } from '../../src/model/default.ts';

const root = join(shippedModel('toy'), '..');

let server: Server | undefined;
afterEach(() => new Promise((resolve) => server === undefined ? resolve(undefined) : server.close(resolve)));

type Answer = (request: IncomingMessage, response: ServerResponse, file: string | undefined) => void;

/** @returns the address of a host that serves the shipped models in its way. */
async function host(answer: Answer): Promise<string> {
  server = createServer((request, response) => {
    const path = join(root, new URL(request.url!, 'http://host').pathname);
    answer(request, response, existsSync(path) ? path : undefined);
  });
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const send = (response: ServerResponse, file: string): void => void createReadStream(file).pipe(response);

const HOSTS: Readonly<Record<string, Answer>> = {
  'sends a page where there is no file': (_, response, file) => {
    if (file !== undefined) return send(response, file);
    response.setHeader('content-type', 'text/html');
    response.end('\n<!DOCTYPE html><title>An application</title>');
  },
  'does not know HEAD': (request, response, file) => {
    if (request.method === 'GET' && file !== undefined) return send(response, file);
    response.writeHead(request.method === 'GET' ? 404 : 405).end();
  },
  'wants a signature': (request, response, file) => {
    const signed = new URL(request.url!, 'http://host').searchParams.get('sign') === 'a/b=';
    if (request.method === 'GET' && signed && file !== undefined) return send(response, file);
    response.writeHead(403).end(); // for what is missing, too
  },
  'calls everything a page': (_, response, file) => {
    response.setHeader('content-type', 'text/html');
    if (file !== undefined) return send(response, file);
    response.writeHead(404).end();
  },
};

describe('a host that', () => {
  // The second one shares files of the first.
  it.each(Object.entries(HOSTS))('%s', async (_, answer) => {
    const address = await host(answer);
    const asked: string[] = [];
    server!.on('request', (request: IncomingMessage) => asked.push(request.url!));
    for (const model of ['toy', 'toy-interact']) {
      const opened = await openModel(fetchedFiles(`${address}/${model}/?sign=a%2Fb%3D`), referenceBackend());
      expect(opened.config.name).toBe(model);
      expect((await opened.encodePrompt('a red circle')).shape[0]).toBeGreaterThan(2);
    }
    expect(asked.filter((url, i) => asked.indexOf(url) < i && !/\/toy\//.test(url))).toEqual([]); // once each
  });

  it('has an address for every file', async () => {
    const address = await host(HOSTS['wants a signature']);
    const files = fetchedFiles((name) => `${address}/toy-interact/${name}?sign=a%2Fb%3D`);
    expect(files.place).toBe(`${address}/toy-interact`);
    expect((await openModel(files, referenceBackend())).config.name).toBe('toy-interact');
  });

  it('lacks a file is named, without its signature', async () => {
    const address = await host(HOSTS['sends a page where there is no file']);
    const files = fetchedFiles(`${address}/toy?sign=secret`);
    await expect(files.open('absent.json')).rejects.toThrow(`${address}/toy/absent.json: is not there: the site sent a page in its place`);
    await expect(openModel(fetchedFiles(`${address}/none?sign=secret`), referenceBackend())).rejects.toThrow(
      `${address}/none/config.json: no such file`,
    );
  });

  it('does not answer is named', async () => {
    const address = await host((_, response) => response.destroy());
    await expect(fetchedFiles(`${address}/toy`).has('config.json')).rejects.toThrow(FileError);
    await expect(fetchedFiles(`${address}/toy`).has('config.json')).rejects.toThrow(/config\.json: cannot be fetched \(/);
  });

  it('is slow is left when a signal says so', async () => {
    const address = await host(() => undefined);
    const controller = new AbortController();
    const opening = openModel(fetchedFiles(`${address}/toy`, { signal: controller.signal }), referenceBackend());
    setTimeout(() => controller.abort(new Error('enough')), 20);
    await expect(opening).rejects.toThrow('enough');
    server!.closeAllConnections();
  });
});
