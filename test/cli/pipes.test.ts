/** Output that nobody takes: readers that leave, full disks, closed streams. Files are written all the same. */

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pipes-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A shell's line, `$I` the command; @returns what its end prints and the command's own exit code. */
function shell(line: string): { readonly text: string; readonly code: number } {
  const bin = join(import.meta.dirname, '../../bin/infinitystar.js');
  const env = { ...process.env, I: `${process.execPath} ${bin}` };
  const { stdout, stderr } = spawnSync('bash', ['-c', `${line}; echo "code \${PIPESTATUS[0]}"`], { cwd: folder, env, encoding: 'utf8' });
  const text = stdout + stderr;
  return { text: text.replace(/code \d+\n/, ''), code: Number(/code (\d+)/.exec(text)![1]) };
}

const picture = '$I generate "a red circle" --image-only --out';

describe.skipIf(!existsSync('/dev/full'))('generate', () => {
  it.each([
    ['its reader leaves', `${picture} a.png 2>&1 | true`, 0, ''],
    ['standard output is on a full disk', `${picture} a.png 2>messages >/dev/full; R=$?; tail -1 messages; (exit $R)`, 1,
      'error: standard output: cannot be written: the disk is full\n'],
    ['messages go to a full disk', `${picture} a.png 2>/dev/full`, 0, undefined],
    ['both are closed', `${picture} a.png >&- 2>&-`, 0, ''],
  ])('writes its file when %s', async (_, line, code, said) => {
    const result = shell(line);
    expect(result.text).not.toMatch(/^\s+at /m);
    if (said !== undefined) expect(result.text).toBe(said);
    expect(result.code).toBe(code);
    expect(await readdir(folder)).toContain('a.png');
    for (const name of await readdir(folder)) await rm(join(folder, name));
  });
});
