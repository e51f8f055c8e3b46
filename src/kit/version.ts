/** Which kit it is: version and source commit of the project, and the SHA-256 of every file. */

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FileError } from '../errors.ts';
import { readWholeSync } from '../io/files.ts';

/** The folder of package.json: above the source in a clone, above the build in the package. */
export function packageRoot(): string {
  const candidates = ['../..', '../../..'].map((path) => fileURLToPath(new URL(path, import.meta.url)));
  return candidates.find((path) => existsSync(join(path, 'package.json'))) ?? candidates[0];
}

/** The version in package.json. */
export function packageVersion(): string {
  return (JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { version: string }).version;
}

/** Of a clone as git says; of a package as it was packed; `unknown` where neither says. */
export function sourceCommit(root = packageRoot()): string {
  const packed = join(root, 'dist/commit');
  if (!existsSync(join(root, '.git'))) return existsSync(packed) ? readFileSync(packed, 'utf8').trim() : 'unknown';
  try {
    return execFileSync('git', ['rev-parse', 'HEAD'], { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return 'unknown'; // no git, or a copy of a clone
  }
}

/** SHA-256 of every file below a folder but kit.json itself, by path with '/'. */
export function digestsOf(directory: string): Record<string, string> {
  const digests: Record<string, string> = {};
  const visit = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) visit(path);
      else if (path !== join(directory, 'kit.json')) digests[relative(directory, path).split(sep).join('/')] = sha256(readWholeSync(path));
    }
  };
  visit(directory);
  return digests;
}

/** @throws FileError naming the first file that is missing, or is not what kit.json says. */
export function checkDigests(directory: string, digests: ReadonlyMap<string, string>): void {
  for (const [name, digest] of digests) {
    const file = join(directory, name);
    if (!existsSync(file)) throw new FileError(file, 'is missing, but kit.json lists it');
    if (sha256(readWholeSync(file)) !== digest) {
      throw new FileError(file, 'is not the file that kit.json lists (SHA-256 differs): export or unpack the kit anew');
    }
  }
}

/** Of all files together: what tells two kits of one version apart. */
export function kitDigest(digests: ReadonlyMap<string, string>): string {
  return sha256(Buffer.from([...digests].map(([name, digest]) => `${digest}  ${name}\n`).sort().join('')));
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
