/** The handshake with a driven port, well-behaved and not. */

import { existsSync, mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { beforeAll, describe, expect, it } from 'vitest';
import { drivePort } from '../../src/kit/drive.ts';
import type { Driven } from '../../src/kit/drive.ts';
import { serve } from '../../src/kit/serve.ts';
import { referenceBackend } from '../../reference/backend.ts';
import { smallKit } from './support.ts';
import type { SmallKit } from './support.ts';

let small: SmallKit;
let folder: string;
beforeAll(async () => {
  small = await smallKit(['ops/patchify', 'ops/activations'], ['L1']);
  folder = mkdtempSync(join(tmpdir(), 'port-'));
});

function port(body: string): string {
  const file = join(folder, `port${Math.random()}.mjs`);
  writeFileSync(file, `import { createInterface } from 'node:readline';
const say = (x) => process.stdout.write((typeof x === 'string' ? x : JSON.stringify(x)) + '\\n');
for await (const line of createInterface({ input: process.stdin })) { const q = JSON.parse(line); if (q.bye) break; ${body} }`);
  return `node ${JSON.stringify(file)}`;
}

const drive = (command: string, timeoutSeconds = 20) => drivePort(small.kit, folder, small.entries, { command, timeoutSeconds });

const results = (driven: Driven): string[] => [...driven.outcomes].map(([id, { result, why }]) => `${id} ${result}: ${why}`);
const SKIP = '{ skip: q.run, why: "later" }';

describe('a driven port', () => {
  it('is asked only for the kinds that it has, and may skip or fail', async () => {
    const asked = await drive(port(`say(q.kit && !q.run ? { kit: 1, name: "mine", kinds: ["patchify"] } : ${SKIP});`));
    expect([asked.name, ...results(asked)]).toEqual(['mine', 'ops/patchify skipped: later']);
    const all = await drive(port('say(!q.run ? { kit: 1 } : { error: q.run, why: q.kind === "patchify" ? { line: 3 } : q.kind });'));
    expect(results(all)).toEqual(['ops/activations error: activations', 'ops/patchify error: {"line":3}']);
  });

  it('may print other lines, which are passed on', async () => {
    const stray: string[] = [];
    const chatty = port(`say("hello"); say(!q.run ? { kit: 1 } : { loss: 1 }); if (q.run) say(${SKIP});`);
    const options = { command: chatty, timeoutSeconds: 20, stray: (line: string) => stray.push(line) };
    const driven = await drivePort(small.kit, folder, small.entries, options);
    expect(results(driven)).toEqual(['ops/activations skipped: later', 'ops/patchify skipped: later']);
    expect(stray).toEqual(['hello', 'hello', '{"loss":1}', 'hello', '{"loss":1}']);
  });

  it.each([
    ['crashes', 'process.exit(3);', 20, 'ended without an answer (exit code 3)'],
    ['is silent', 'await new Promise(() => setTimeout(() => {}, 9e6));', 1, 'did not answer within 1 s'],
    ['answers for another', 'say({ done: "other" });', 1, 'did not answer within 1 s'],
  ])('that %s in a case fails there, and is started anew', async (_, body, seconds, why) => {
    const driven = await drive(port(`if (!q.run) say({ kit: 1 }); else if (q.kind !== "activations") say(${SKIP}); else { ${body} }`), seconds);
    expect(results(driven)).toEqual([`ops/activations error: ${why}`, 'ops/patchify skipped: later']);
  });

  it.each([
    ['crashes', 'process.exit(0);', 20, /ended without an answer \(exit code 0\)/],
    ['is silent', 'await new Promise(() => setTimeout(() => {}, 9e6));', 0.5, /did not answer within 0.5 s/],
  ])('that %s at its start is given up', async (_, body, seconds, message) => {
    await expect(drive(port(body), seconds)).rejects.toThrow(message);
  });

  it('is ended by a signal', async () => {
    const [control, beat] = [new AbortController(), join(folder, 'beat')];
    const write = `(await import('node:fs')).appendFileSync(${JSON.stringify(beat)}, '.')`;
    const silent = port(`if (!q.run) say({ kit: 1 }); else for (;;) { ${write}; await new Promise((next) => setTimeout(next, 20)); }`);
    const driven = drivePort(small.kit, folder, small.entries, { command: silent, timeoutSeconds: 60, signal: control.signal });
    driven.catch(() => undefined);
    await expect.poll(() => existsSync(beat), { timeout: 20_000 }).toBe(true);
    control.abort();
    await expect(driven).rejects.toThrow(/abort/);
    await new Promise((next) => setTimeout(next, 100));
    const { size } = statSync(beat);
    await new Promise((next) => setTimeout(next, 300));
    expect(statSync(beat).size).toBe(size);
  });
});

it('this implementation answers as a port', async () => {
  const [input, output] = [new PassThrough(), new PassThrough()];
  input.write('{"kit": 1}\n');
  input.write(`${JSON.stringify({ run: 'ops/patchify', case: join(small.kit, 'ops/patchify'), results: join(folder, 'patchify') })}\n`);
  input.end('{"bye": true}\n');
  await serve(input, output, referenceBackend());
  const lines = String(output.read()).trim().split('\n').map((line) => JSON.parse(line) as object);
  expect(lines).toMatchObject([{ kit: 1, name: 'infinitystar on reference' }, { done: 'ops/patchify' }]);
});
