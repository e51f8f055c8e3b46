/** What a port's files may look like, what a kit says of itself, and that nothing passes by copying back. */

import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { zipSync } from 'fflate';
import { beforeAll, expect, it } from 'vitest';
import { referenceBackend } from '../../reference/backend.ts';
import { hostTensor, rowMajor } from '../../src/array/host.ts';
import { readNpyValues } from '../../src/io/npy.ts';
import { readNpz, writeNpz } from '../../src/io/npz.ts';
import { checkKit } from '../../src/kit/check.ts';
import { exportKit } from '../../src/kit/export.ts';
import { readManifest } from '../../src/kit/manifest.ts';
import { readResults } from '../../src/kit/results.ts';
import { hasNumpy, verdictsOf, verdictsOfCheckPy } from '../mutation/outside.ts';
import { root, smallKit } from './support.ts';
import type { SmallKit } from './support.ts';

const CHECK_PY = join(root, 'fixtures/kit/check.py');
let small: SmallKit;
beforeAll(async () => {
  small = await smallKit(['ops/patchify', 'schedules/nearest-ratio', 'text/unigram-rules-split-plain', 'schedules/full-size-index'], ['L0', 'L1']);
});

/** An .npy file as NumPy would write it. */
function npy(descr: string, fortran: boolean, shape: string, values: Uint8Array): Uint8Array {
  const text = `{'descr': '${descr}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': (${shape}), }`.padEnd(117) + '\n';
  return Uint8Array.of(0x93, ...new TextEncoder().encode('NUMPY'), 1, 0, 118, 0, ...new TextEncoder().encode(text), ...values);
}

function write(files: Readonly<Record<string, Uint8Array | string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'results-'));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

it('arrays of both orders, both byte orders and every width are read', () => {
  const read = (descr: string, values: ArrayBufferView, fortran = false, shape = '2, 3') => {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    return readNpyValues(npy(descr, fortran, shape, bytes), 'x');
  };
  const [plain, columns] = [[1, 2, 3, 4, 5, 6], [1, 4, 2, 5, 3, 6]];
  expect([...read('<f8', Float64Array.from(columns), true).values]).toEqual(plain);
  expect([...read('<i8', BigInt64Array.from(plain, BigInt)).values]).toEqual(plain);
  for (const [descr, Type] of [['<u8', BigUint64Array]] as const) expect([...read(descr, Type.from(plain, BigInt)).values]).toEqual(plain);
  for (const [descr, Type] of [['<u2', Uint16Array], ['<i2', Int16Array], ['|i1', Int8Array], ['<u4', Uint32Array]] as const) {
    expect([...read(descr, Type.from(plain)).values], descr).toEqual(plain);
  }
  const big = new DataView(new ArrayBuffer(24));
  plain.forEach((value, i) => big.setFloat32(4 * i, value));
  expect(read('>f4', big)).toMatchObject({ dtype: 'float32', shape: [2, 3], values: Float64Array.from(plain) });
  expect([...read('<f8', Float64Array.from({ length: 24 }, (_, i) => i), true, '2, 3, 4').values].slice(0, 5)).toEqual([0, 6, 12, 18, 2]);
  expect(() => read('<c8', Float32Array.from(plain))).toThrow(/<c8 is no number/);
});

it('a case passes in Fortran order and in double precision, and not where two files contradict each other', async () => {
  const archive = join(small.kit, 'ops/patchify/tensors.npz');
  const right = readNpz(readFileSync(archive), archive).get('out/restored')!;
  const shape = right.shape;
  const turned = right.transpose(...shape.map((_, axis) => shape.length - 1 - axis));
  const file = npy('<f8', true, shape.join(', '), new Uint8Array(Float64Array.from(rowMajor(turned)).buffer));
  const patched = readNpz(readFileSync(archive), archive).get('out/patched')!;
  const results = write({
    'ops/patchify.npz': zipSync({ 'restored.npy': file }),
    'ops/patchify/more.npz': writeNpz(new Map([['out/patched', patched]])),
    'ops/patchify_.npz': 'nobody reads this',
  });
  const report = await checkKit(small.kit, results, referenceBackend());
  expect(report.cases.find(({ id }) => id === 'ops/patchify')).toMatchObject({ status: 'passed', compared: 2 });
  expect(report.strange).toEqual(['ops/patchify_.npz']);
  writeFileSync(join(results, 'ops/patchify/other.npz'), writeNpz(new Map([['patched', hostTensor(new Float32Array(patched.size), patched.shape)]])));
  expect((await readResults(results, 'ops/patchify')).problems).toEqual([expect.stringMatching(/patched: another file has other values/)]);
});

it('JSON that is no object, or is not JSON, or says two things of a name, is a problem', async () => {
  const of = async (files: Readonly<Record<string, string>>): Promise<readonly string[]> => (await readResults(write(files), 'x')).problems;
  for (const content of ['[1, 2]', 'null', '"a"']) expect(await of({ 'x.json': content })).toEqual([expect.stringMatching(/is no object/)]);
  expect(await of({ 'x.json': '{"a": NaN}' })).toEqual([expect.stringMatching(/is damaged/)]);
  expect(await of({ 'x.json': '{"a": [1]}', 'x/more.json': '{"a": [1], "b": 2}' })).toEqual([]);
  expect(await of({ 'x.json': '{"a": [1]}', 'x/more.json': '{"a": [2]}' })).toEqual([expect.stringMatching(/a: another file has other values/)]);
});

it.skipIf(!hasNumpy)('check.py says the same of files that cannot be read or belong to no case', async () => {
  const results = write({
    'ops/patchify.json': '[1]', 'ops/patchify/a.npz': 'no archive', 'ops/patchify/a.txt': '', 'typo.npz': '',
    'schedules/nearest-ratio.json': '{"templates": NaN}', 'text/unigram-rules-split-plain.json': '{"items": 1, "x": 2}',
  });
  const asked = new Map(small.entries.map(({ id }) => [id, []]));
  const report = await checkKit(small.kit, results, referenceBackend());
  expect(report.cases.filter(({ status }) => status === 'failed').map(({ problems }) => problems.length)).toEqual([1, 0, 2]);
  const said = spawnSync('python3', [CHECK_PY, small.kit, results], { encoding: 'utf8' });
  expect(said.stdout.match(/unknown file: .*/g)).toEqual(report.strange.map((file) => `unknown file: '${file}', belongs to no case`));
  expect(await verdictsOfCheckPy(small.kit, { results, asked }, 'float32')).toEqual(verdictsOf(report));
  const misspelt = spawnSync('python3', [CHECK_PY, small.kit, results, '--require', 'L0,L9'], { encoding: 'utf8' });
  expect(misspelt.status).toBe(2);
  expect(misspelt.stderr).toMatch(/--require: expected levels, kinds or ids of cases in this kit, got \['L9'\]/);
});

it('no case passes by copying back what was given', async () => {
  const ids = ['schedules/nearest-ratio', 'text/unigram-rules-split-plain', 'schedules/full-size-index'];
  const copied = Object.fromEntries(ids.map((id) => {
    const given = JSON.parse(readFileSync(join(small.kit, id, 'in.json'), 'utf8')) as object;
    return [`${id}.json`, JSON.stringify({ ...given })];
  }));
  const report = await checkKit(small.kit, write(copied), referenceBackend());
  expect(report.cases.filter(({ status }) => status === 'passed')).toEqual([]);
  for (const id of ids) expect(readFileSync(join(small.kit, id, 'in.json'), 'utf8')).not.toMatch(/sp_ids|"ids"|"first"|"templates"|differs/);
  const own = await small.results(ids[1]);
  expect((await checkKit(small.kit, own, referenceBackend(), { wanted: ({ id }) => id === ids[1] })).cases[0].status).toBe('passed');
});

it('a kit can be without answers, and says so', async () => {
  const kit = join(mkdtempSync(join(tmpdir(), 'bare-')), 'kit');
  const options = { golden: join(root, 'fixtures/golden'), levels: ['L0', 'L1'], wanted: (id: string) => /patchify|nearest/.test(id), answers: false };
  await exportKit(kit, referenceBackend(), options);
  const archive = join(kit, 'ops/patchify/tensors.npz');
  expect([...readNpz(readFileSync(archive), archive).keys()]).toEqual(['in/x']);
  expect(readFileSync(join(kit, 'schedules/nearest-ratio/out.json'), 'utf8')).toBe('{}\n');
  await expect(checkKit(kit, kit, referenceBackend())).rejects.toThrow(/a kit without answers/);
});

it('a kit of another format, or with a file that it does not list so, is refused', async () => {
  const { kit } = await smallKit(['ops/patchify'], ['L1']);
  const manifest = join(kit, 'kit.json');
  const content = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string; commit: string; files: object };
  expect(content.version).toMatch(/^\d+\.\d+\.\d+/);
  expect(Object.keys(content.files)).toContain('ops/patchify/tensors.npz');
  writeFileSync(manifest, JSON.stringify({ ...content, format: 99 }));
  expect(() => readManifest(kit)).toThrow(/a kit of format 99; this version reads format 2/);
  writeFileSync(manifest, JSON.stringify(content));
  expect(readManifest(kit)).toHaveLength(1);
  appendFileSync(join(kit, 'ops/patchify/tensors.npz'), ' ');
  expect(() => readManifest(kit)).toThrow(/SHA-256 differs/);
});
