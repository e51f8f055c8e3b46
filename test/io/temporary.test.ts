/** Temporary files leave nothing behind; a replaced file keeps its permissions and the links to it. */

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeFileAtomic, writeFolderAtomic } from '../../src/io/atomic.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'temporary-'));
});
afterEach(() => rm(folder, { recursive: true }));

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The name that a process of this number would take here. */
async function nameOf(owner: number): Promise<string> {
  let name = '';
  await writeFolderAtomic(join(folder, 'probe'), async (path) => {
    name = path.slice(folder.length + 1).replace(`-${process.pid}-`, `-${owner}-`);
  });
  await rm(join(folder, 'probe'), { recursive: true });
  return name;
}

/** A number that no process has. */
function deadProcess(): number {
  return spawnSync(process.execPath, ['-e', '0']).pid;
}

describe('leftovers', () => {
  it('of a killed run are removed by the next one, those of living processes and of others are not', async () => {
    const dead = await nameOf(deadProcess());
    const living = await nameOf(process.ppid);
    const [, host] = /^\.infinitystar-(\w+)-/.exec(dead)!;
    const elsewhere = dead.replace(host, 'f'.repeat(8));
    const strange = ['.infinitystar.tmp', '.12345678-1234-1234-1234-123456789012.tmp', `x${dead}`];
    for (const name of [living, elsewhere, ...strange]) await writeFile(join(folder, name), 'x');
    await mkdir(join(folder, dead));
    await writeFile(join(folder, dead, 'part'), 'x');
    const kept = [living, elsewhere, ...strange].sort();
    expect((await readdir(folder)).sort()).toEqual([...kept, dead].sort());
    // In a process of its own, for one looks through a folder once.
    execFileSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', `
      import { writeFileAtomic } from './src/io/atomic.ts';
      await writeFileAtomic(${JSON.stringify(join(folder, 'result'))}, new Uint8Array(1));`]);
    expect((await readdir(folder)).sort()).toEqual([...kept, 'result'].sort());
  });

  it('of a process that had this one\'s number are removed, unless they may be its own', async () => {
    const [old, fresh] = [await nameOf(process.pid), await nameOf(process.pid)];
    await rm(folder, { recursive: true });
    folder = await mkdtemp(join(tmpdir(), 'temporary-')); // not looked through yet
    for (const name of [old, fresh]) await writeFile(join(folder, name), 'x');
    await utimes(join(folder, old), 1e9, 1e9);
    await writeFileAtomic(join(folder, 'result'), bytes('x'));
    expect((await readdir(folder)).sort()).toEqual([fresh, 'result'].sort());
  });

  it('there are none of a program that exits in the middle', () => {
    const program = `
      import { writeFolderAtomic } from './src/io/atomic.ts';
      import { writeFileSync } from 'node:fs';
      await writeFolderAtomic(${JSON.stringify(join(folder, 'result'))}, async (path) => {
        writeFileSync(path + '/part', 'x');
        console.log(path);
        process.exit(3);
      });`;
    const { stdout, status } = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], { encoding: 'utf8' });
    expect([stdout.startsWith(join(folder, '.infinitystar-')), status]).toEqual([true, 3]);
    expect(existsSync(stdout.trim())).toBe(false);
  });

  it('there are none of a writing that a signal ends', async () => {
    const controller = new AbortController();
    const chunks = function* (): Generator<Uint8Array> {
      yield bytes('first');
      controller.abort(new Error('enough'));
      yield bytes('second');
    };
    await writeFile(join(folder, 'result'), 'before');
    await expect(writeFileAtomic(join(folder, 'result'), chunks(), controller.signal)).rejects.toThrow('enough');
    expect(await readdir(folder)).toEqual(['result']);
    expect(await readFile(join(folder, 'result'), 'utf8')).toBe('before');
  });
});

describe.skipIf(process.platform === 'win32')('a replaced file', () => {
  it.each([0o600, 0o640, 0o755])('keeps its permissions %o', async (mode) => {
    const path = join(folder, 'result');
    await writeFile(path, 'before');
    await chmod(path, mode);
    await writeFileAtomic(path, bytes('after'));
    expect((await stat(path)).mode & 0o7777).toBe(mode);
    expect(await readFile(path, 'utf8')).toBe('after');
  });

  it('stays behind the link that names it, also where it is new', async () => {
    await mkdir(join(folder, 'place'));
    await symlink('place/result', join(folder, 'near'));
    await symlink(join(folder, 'near'), join(folder, 'far'));
    for (const content of ['new', 'after']) {
      await writeFileAtomic(join(folder, 'far'), bytes(content));
      expect(await readFile(join(folder, 'place', 'result'), 'utf8')).toBe(content);
      expect(await readlink(join(folder, 'far'))).toBe(join(folder, 'near'));
    }
    expect(await readdir(join(folder, 'place'))).toEqual(['result']);
    expect((await readdir(folder)).sort()).toEqual(['far', 'near', 'place']);
  });

  it('is refused where links lead around', async () => {
    await symlink('b', join(folder, 'a'));
    await symlink('a', join(folder, 'b'));
    await expect(writeFileAtomic(join(folder, 'a'), bytes('x'))).rejects.toThrow(/circle of links/);
  });
});
