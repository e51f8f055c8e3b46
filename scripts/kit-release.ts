/**
 * `npm run kit:release`: one archive with the whole kit, its tensors as npz and as safetensors, and check.py. The tensors
 * are stored plainly in both, so that xz packs the second copy to nearly nothing. Needs tar and xz.
 *
 *     npm run kit:release [-- <folder>]        writes <folder>/infinitystar-kit-<version>.tar.xz; the current folder unless given
 */

import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { unzipSync, zipSync } from 'fflate';
import { referenceBackend } from '../reference/backend.ts';
import { exportKit } from '../src/kit/export.ts';
import { LEVELS } from '../src/kit/levels.ts';
import { digestsOf, packageRoot, packageVersion } from '../src/kit/version.ts';

const MOST_BYTES = 16 * 2 ** 20;

function storePlainly(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) storePlainly(path);
    if (!entry.name.endsWith('.npz')) continue;
    writeFileSync(path, zipSync(unzipSync(readFileSync(path)), { level: 0, mtime: new Date('1980-01-02T00:00:00Z') }));
  }
}

const name = `infinitystar-kit-${packageVersion()}`;
const target = resolve(process.argv[2] ?? '.', `${name}.tar.xz`);
const work = mkdtempSync(join(tmpdir(), 'kit-release-'));
try {
  const kit = join(work, name);
  mkdirSync(kit);
  await exportKit(kit, referenceBackend(), { golden: join(packageRoot(), 'fixtures/golden'), levels: Object.keys(LEVELS), safetensors: true });
  storePlainly(kit);
  cpSync(join(packageRoot(), 'fixtures/kit/check.py'), join(kit, 'check.py'));
  cpSync(join(packageRoot(), 'docs/porting.md'), join(kit, 'porting.md'));
  const manifest = join(kit, 'kit.json');
  const content = JSON.parse(readFileSync(manifest, 'utf8')) as object;
  writeFileSync(manifest, `${JSON.stringify({ ...content, files: digestsOf(kit) }, null, 1)}\n`);
  const env = { ...process.env, XZ_OPT: '-9' };
  execFileSync('tar', ['--sort=name', '--owner=0', '--group=0', '--mtime=1980-01-02', '-cJf', target, '-C', work, name], { env, stdio: 'inherit' });
  const { size } = statSync(target);
  process.stdout.write(`${target}: ${(size / 2 ** 20).toFixed(1)} MiB\n`);
  if (size > MOST_BYTES) throw new Error(`more than ${MOST_BYTES / 2 ** 20} MiB`);
} finally {
  rmSync(work, { recursive: true });
}
