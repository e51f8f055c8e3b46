/** What `kit skeleton` writes: built where the toolchain is, driven by the kit, it reads all inputs and passes nothing. */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadCase } from '../../src/conform/load.ts';
import { exportKit } from '../../src/kit/export.ts';
import { runKit } from '../../src/kit/run.ts';
import type { RunReport } from '../../src/kit/run.ts';
import { LANGUAGES, MAIN_FILES } from '../../src/kit/skeleton.ts';
import type { Language } from '../../src/kit/skeleton.ts';
import { referenceBackend } from '../../reference/backend.ts';
import { runHere } from '../cli/run.ts';
import { root } from './support.ts';

const runs = (command: string, ...args: string[]): boolean => spawnSync(command, args).status === 0;
const TOOLS: Readonly<Record<Language, { readonly here: boolean; readonly build: readonly string[]; readonly run: string }>> = {
  python: { here: runs('python3', '-c', 'import numpy'), build: [], run: 'python3 port.py' },
  rust: { here: runs('cargo', '--version'), build: ['cargo', 'build', '--offline', '--quiet'], run: 'target/debug/port' },
  cpp: { here: runs('g++', '--version'), build: ['g++', '-std=c++17', '-Wall', '-Wextra', '-Werror', '-o', 'port', 'port.cpp'], run: './port' },
};

/** JSON inputs, tensors, weights of its own, shared weights. */
const IDS = ['schedules/nearest-ratio', 'text/unigram-rules-split-plain', 'ops/channel-rms-norm', 'ops/patchify', 'transformer/heads'];
const folder = mkdtempSync(join(tmpdir(), 'skeleton-'));
const kit = join(folder, 'kit');
beforeAll(async () => {
  const options = { golden: join(root, 'fixtures/golden'), levels: ['L0', 'L1', 'L3'], wanted: (id: string) => IDS.includes(id), safetensors: true };
  await exportKit(kit, referenceBackend(), options);
});

function build(language: Language, port: string): string {
  const [command, ...args] = TOOLS[language].build;
  const env = { ...process.env, RUSTFLAGS: '-D warnings' };
  if (command !== undefined) expect(String(spawnSync(command, args, { cwd: port, env }).stderr)).toBe('');
  return `cd ${JSON.stringify(port)} && ${TOOLS[language].run}`;
}

let count = 0;
const run = (command: string): Promise<RunReport> => {
  return runKit(kit, join(folder, `results${count++}`), referenceBackend(), () => true, { command, timeoutSeconds: 60, profile: 'float32' });
};

describe.each(LANGUAGES)('in %s', (language) => {
  it('reads everything and passes nothing; a kind that is filled in is read and written', { timeout: 120_000 }, async ({ skip }) => {
    skip(!TOOLS[language].here, `${language} cannot be built or run here`);
    const port = join(folder, language);
    expect(await runHere('kit', 'skeleton', '--language', language, '--out', port)).toMatchObject({ code: 0 });
    const empty = await run(build(language, port));
    expect(empty.cases.map(({ id, status, compared, why }) => `${id}: ${status}, ${compared}, ${why}`).sort()).toEqual(IDS.map((id) => {
      const c = loadCase(join(kit, id));
      return `${id}: not run, 0, ${c.kind} is not written yet: ${c.inputs.length} inputs, ${c.weights().size} weights`;
    }).sort());

    const main = join(port, MAIN_FILES[language]);
    const line = {
      python: '    "patchify": lambda case: {"restored": case.inputs["x"]},',
      rust: '        "patchify" => Some(Tensors::from([("restored".into(), case.inputs["x"].clone())])),',
      cpp: '    if (c.kind == "patchify") return Tensors{{"restored", c.inputs.at("x")}};',
    }[language];
    writeFileSync(main, readFileSync(main, 'utf8').replace(/^ *(#|\/\/) .*"patchify".*$/m, () => line));
    const filled = await run(build(language, port));
    expect(filled.cases.find(({ id }) => id === 'ops/patchify')).toMatchObject({ status: 'partly run', compared: 1, problems: [] });
  });
});

it('is not written over anything', async () => {
  const port = join(folder, 'mine');
  mkdirSync(port);
  writeFileSync(join(port, 'port.py'), 'precious');
  const { code, stderr } = await runHere('kit', 'skeleton', '--language', 'python', '--out', port);
  expect([code, stderr]).toEqual([1, expect.stringMatching(/exists and is not empty; choose another folder\n$/)]);
  expect(readFileSync(join(port, 'port.py'), 'utf8')).toBe('precious');
  expect(await runHere('kit', 'skeleton', '--language', 'cobol', '--out', join(folder, 'cobol'))).toMatchObject({ code: 2 });
  expect(existsSync(join(folder, 'cobol'))).toBe(false);
});
