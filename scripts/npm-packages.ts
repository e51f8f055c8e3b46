/**
 * Files of npm packages that are data, not dependencies: got by the npm client (`npm pack`), checked against a pinned SHA-512,
 * kept in a folder, and read from there without unpacking.
 */

import { spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseTarGzip } from 'nanotar';
import { FileError } from '../src/errors.ts';
import { readWhole } from '../src/io/files.ts';

export interface DataPackage {
  readonly name: string;
  readonly version: string;
  /** Bytes of the tarball. */
  readonly bytes: number;
  /** As the registry states it: base64 of the SHA-512. */
  readonly sha512: string;
}

/** What of them is not in the folder yet. */
export function missing(packages: readonly DataPackage[], folder: string): DataPackage[] {
  return packages.filter((one) => !existsSync(tarball(one, folder)));
}

/**
 * Gets a package unless it is there. A tarball is in its place only after it was checked.
 * @throws FileError if npm cannot get it, or its contents are not the pinned ones.
 */
export async function getPackage(one: DataPackage, folder: string): Promise<void> {
  const target = tarball(one, folder);
  if (existsSync(target)) return;
  const temporary = join(folder, `unchecked-${randomUUID()}`);
  await mkdir(temporary, { recursive: true });
  try {
    const name = await pack(`${one.name}@${one.version}`, temporary);
    const path = join(temporary, name);
    const sum = createHash('sha512').update(await readFile(path)).digest('base64');
    if (sum !== one.sha512) throw new FileError(`${one.name}@${one.version}`, `has another content than expected: SHA-512 ${sum}`);
    await rename(path, target);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** The files of a package whose names, within it, pass; in the order of the tarball. */
export async function packageFiles(
  one: DataPackage, folder: string, wanted: (name: string) => boolean,
): Promise<Map<string, Uint8Array>> {
  const inside = (name: string): string => name.replace(/^[^/]*\//, ''); // `package/`
  const entries = await parseTarGzip(await readWhole(tarball(one, folder)), { filter: ({ name }) => wanted(inside(name)) });
  return new Map(entries.flatMap(({ name, data }) => (data === undefined ? [] : [[inside(name), data] as const])));
}

function tarball({ name, version }: DataPackage, folder: string): string {
  return join(folder, `${name.replace(/^@/, '').replaceAll('/', '-')}-${version}.tgz`);
}

/** Of npm's lines the first that says more than a code. */
function reasonOf(complaint: string): string {
  const lines = complaint.split('\n').flatMap((line) => /^npm (?:error|ERR!) (?!code )(.+)/.exec(line)?.[1] ?? []);
  return lines[0] ?? 'npm cannot be run';
}

/** @returns the tarball's name in the folder. */
async function pack(what: string, into: string): Promise<string> {
  const npm = process.env['npm_execpath']; // the npm that runs this script
  const args = ['pack', what, '--pack-destination', into, '--json', '--ignore-scripts'];
  const child = npm === undefined ? spawn('npm', args, { shell: process.platform === 'win32' }) : spawn(process.execPath, [npm, ...args]);
  let [out, complaint] = ['', ''];
  child.stdout.on('data', (part: Buffer) => (out += part.toString()));
  child.stderr.on('data', (part: Buffer) => (complaint += part.toString()));
  const code = await new Promise<number | null>((resolve) => {
    child.on('error', () => resolve(null));
    child.on('close', resolve);
  });
  if (code !== 0) throw new FileError(what, `cannot be downloaded: ${reasonOf(complaint)}`);
  const [packed] = JSON.parse(out) as { filename: string }[];
  return packed.filename.replace(/^@/, '').replaceAll('/', '-');
}
