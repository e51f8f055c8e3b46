/** The handshake with a driven port, well-behaved and not. */

import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { beforeAll, describe, expect, it } from 'vitest';
import { drivePort } from '../../src/kit/drive.ts';
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

describe('a driven port', () => {
  it('is asked only for the kinds that it has, and may skip or fail', async () => {
    const asked = await drive(port('say(q.kit && !q.run ? { kit: 1, name: "mine", kinds: ["patchify"] } : { skip: q.run, why: "later" });'));
    expect(asked).toEqual({ name: 'mine', notes: new Map([['ops/patchify', 'skipped: later']]) });
    const all = await drive(port('say(!q.run ? { kit: 1 } : { error: q.run, why: q.kind });'));
    expect([...all.notes.values()].sort()).toEqual(['error: activations', 'error: patchify']);
  });

  it.each([
    ['no JSON', 'say("hello");', /which is not a JSON object/],
    ['another case', 'say(!q.run ? { kit: 1 } : { done: "other" });', /answered '"other"' to ops/],
    ['nothing, and ends', 'process.exit(0);', /ended without an answer/],
  ])('that answers %s is reported', async (_, body, message) => {
    await expect(drive(port(body))).rejects.toThrow(message);
  });

  it('that is silent is given up', async () => {
    await expect(drive(port('await new Promise(() => setTimeout(() => {}, 9e6));'), 0.5)).rejects.toThrow(/did not answer within 0.5 s/);
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
