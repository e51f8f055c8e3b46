/** Rewriting of prompts, against a small server of this test's own. */

import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { rewritePrompt } from '../../src/batch/rewrite.ts';
import { ArgumentError, UnsupportedError } from '../../src/errors.ts';
import { runHere } from '../cli/run.ts';

interface Asked {
  readonly body: ChatRequest;
  readonly count: number;
  readonly request: IncomingMessage;
}
type Answer = (response: ServerResponse, asked: Asked) => void;
interface ChatRequest {
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
}

const said = (content: unknown): string => JSON.stringify({ choices: [{ message: { role: 'assistant', content } }] });
let answer: Answer = (response) => response.end(said('x'));
let count = 0;
const server = createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', () => answer(response, { body: JSON.parse(Buffer.concat(parts).toString()) as ChatRequest, count: ++count, request }));
});
let address = '';
let folder = '';

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  folder = await mkdtemp(join(tmpdir(), 'rewrite-'));
});
afterEach(() => {
  count = 0;
  vi.unstubAllEnvs();
});
afterAll(async () => {
  server.close();
  server.closeAllConnections();
  await rm(folder, { recursive: true });
});

it('asks as the protocol says, and takes the text alone', async () => {
  let asked: Parameters<Answer>[1] | undefined;
  answer = (response, given) => {
    asked = given;
    response.end(said('<think>hm\nwell</think>\n "A red circle,\nwide and bright,\u001b[2J glides."\n'));
  };
  const text = await rewritePrompt('a red circle', { address: `${address}/`, model: 'some', key: 'secret' });
  expect(text).toBe('A red circle, wide and bright, [2J glides.');
  expect([asked?.request.url, asked?.request.method, asked?.request.headers.authorization]).toEqual(['/v1/chat/completions', 'POST', 'Bearer secret']);
  expect(asked?.body).toMatchObject({ model: 'some', messages: [{ role: 'system' }, { role: 'user', content: 'a red circle' }] });
});

it('asks once for a prompt: the answer is kept, by server, model and prompt; a damaged one is asked for again', async () => {
  answer = (response, { count }) => response.end(said(`answer ${count}`));
  const cache = join(folder, 'cache');
  const ask = (prompt: string, model = 'a') => rewritePrompt(prompt, { address, cache, model });
  expect([await ask('p'), await ask('p'), await ask('q'), await ask('p', 'b'), await ask('p')]).toEqual(['answer 1', 'answer 1', 'answer 2', 'answer 3', 'answer 1']);
  const { readdir } = await import('node:fs/promises');
  for (const name of await readdir(cache)) await writeFile(join(cache, name), '{"prompt": ');
  expect(await ask('p')).toBe('answer 4');
});

it.each<[string, Answer, RegExp]>([
  ['an error', (response) => response.writeHead(401).end('no key'), /answered 401 no key/],
  ['no JSON', (response) => response.end('<html>'), /no JSON/],
  ['null', (response) => response.end('null'), /no JSON|without choices/],
  ['no choice', (response) => response.end('{"choices": []}'), /without choices\[0\]/],
  ['no text', (response) => response.end(said(7)), /without choices\[0\]/],
  ['nothing', (response) => response.end(said(' "" ')), /answered 0 characters/],
  ['a book', (response) => response.end(said('word '.repeat(5000))), /answered \d+ characters, not 1 to 4000/],
  ['without end', (response) => response.end(said('x'.repeat(2 ** 21))), /more than \d+ bytes/],
  ['a way elsewhere', (response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(), /cannot be reached/],
  ['its end', (response) => response.destroy(), /cannot be reached/],
  ['busy, twice', (response) => response.writeHead(503).end('busy'), /answered 503 busy/],
])('a server that answers %s is told of in a line', async (_, wrong, message) => {
  answer = wrong;
  const error: unknown = await rewritePrompt('a cat', { address }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(UnsupportedError);
  expect(String(error)).toMatch(message);
});

it('a busy server is asked once more; one that is silent is given up; a signal ends it; an address must be one', async () => {
  answer = (response, { count }) => (count === 1 ? response.writeHead(429).end() : response.end(said('at last')));
  expect(await rewritePrompt('a cat', { address })).toBe('at last');
  answer = () => undefined;
  await expect(rewritePrompt('a cat', { address, seconds: 0.2 })).rejects.toThrow(/no answer within 0\.2 s/);
  const reason = new Error('enough');
  await expect(rewritePrompt('a cat', { address, signal: AbortSignal.timeout(100) })).rejects.toThrow(/timeout/i);
  await expect(rewritePrompt('a cat', { address, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  for (const wrong of ['', 'localhost:80', 'file:///etc/passwd']) await expect(rewritePrompt('a cat', { address: wrong })).rejects.toBeInstanceOf(ArgumentError);
  await expect(rewritePrompt('a cat', { address: 'http://127.0.0.1:1' })).rejects.toThrow(/cannot be reached \(/);
});

it('the command generates from what came back, and its manifest has both prompts', async () => {
  vi.stubEnv('XDG_CACHE_HOME', join(folder, 'home'));
  answer = (response, { body }) => response.end(said(`${body.messages[1].content} moving up on a gray background`));
  const out = join(folder, 'many');
  const args = ['--image-only', '--threads', '1', '--rewrite', address];
  const many = await runHere('generate', 'a red circle', '--samples', '2', '--out', out, ...args);
  expect([many.code, count]).toEqual([0, 1]);
  const lines = (await readFile(join(out, 'manifest.jsonl'), 'utf8')).trim().split('\n').map((line) => JSON.parse(line) as object);
  expect(lines).toMatchObject([{ prompt: 'a red circle', text: 'a red circle moving up on a gray background' }, { prompt: 'a red circle' }]);
  const dry = await runHere('generate', 'a red circle', '--samples', '2', '--dry-run');
  const seeds = dry.stdout.trim().split('\n').map((line) => Number(line.split('\t')[1]));
  expect(lines.map((line) => (line as { seed: number }).seed)).toEqual(seeds); // those of the original prompt
  const one = await runHere('generate', 'a red circle', '--out', join(folder, 'one.png'), ...args);
  expect(one.stderr).toContain('note: rewritten: a red circle moving up on a gray background');
  answer = (response) => response.writeHead(500).end('broken');
  const broken = await runHere('generate', 'a blue circle', '--out', join(folder, 'none.png'), ...args);
  expect([broken.code, broken.stderr]).toEqual([1, expect.stringMatching(/^error: 127\.0\.0\.1:\d+: answered 500 broken\n$/)]);
  expect((await runHere('generate', 'x', '--rewrite-model', 'y')).stderr).toMatch(/^error: --rewrite-model/);
}, 60_000);
