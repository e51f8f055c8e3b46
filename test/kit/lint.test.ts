/** What `kit lint` finds in names, shapes and types, that it looks at no value, and how it exits. */

import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { hostTensor } from '../../src/array/host.ts';
import { exportKit } from '../../src/kit/export.ts';
import { lintKit } from '../../src/kit/lint.ts';
import { referenceBackend } from '../../reference/backend.ts';
import { runHere } from '../cli/run.ts';
import { mapped, root, smallKit } from './support.ts';
import type { SmallKit } from './support.ts';

const IDS = ['ops/patchify', 'ops/activations', 'schedules/nearest-ratio'];
let small: SmallKit;
let bare: string;
beforeAll(async () => {
  small = await smallKit(IDS, ['L0', 'L1']);
  bare = join(mkdtempSync(join(tmpdir(), 'lint-')), 'kit');
  const options = { golden: join(root, 'fixtures/golden'), levels: ['L0', 'L1'], wanted: (id: string) => IDS.includes(id), answers: false };
  await exportKit(bare, referenceBackend(), options);
});

it('finds nothing in right results, nor in wrong values, with or without answers', async () => {
  for (const id of IDS) {
    const results = await small.results(id, (arrays) => {
      for (const [name, array] of arrays) arrays.set(name, mapped(array, () => NaN));
    });
    for (const kit of [small.kit, bare]) expect(await lintKit(kit, results), id).toEqual({ findings: [], written: 1, cases: 3 });
  }
});

it('finds shapes, types, names, forms, strange and unreadable files, a line each', async () => {
  const results = await small.results('ops/activations', (arrays, json) => {
    arrays.set('silu', hostTensor(new Float32Array(2), [2]));
    arrays.delete('gelu_tanh');
    arrays.set('gelu', hostTensor(new Float32Array(1), [1]));
    json.set('silu\u001b[2J', 1);
  });
  mkdirSync(join(results, 'schedules'));
  writeFileSync(join(results, 'schedules/nearest-ratio.json'), '{"ratio": 1}');
  writeFileSync(join(results, 'ops/patchify.json'), '{"patched": [1, 2]}');
  writeFileSync(join(results, 'ops/patchify.npz'), 'no archive');
  writeFileSync(join(results, 'ops/patchify_.npz'), '');
  const { findings, written } = await lintKit(small.kit, results);
  expect(written).toBe(3);
  expect(findings.map((line) => line.replace(`${results}/`, ''))).toEqual([
    'L0  schedules/nearest-ratio: ratio: not an output of this case',
    'L0  schedules/nearest-ratio: templates: missing; without it the case is at best partly run',
    expect.stringMatching(/^L1 {2}ops\/activations: silu: shape \[2\], expected \[\d+\]$/),
    'L1  ops/activations: gelu: not an output of this case',
    expect.stringMatching(/^L1 {2}ops\/activations: silu\S*2J: not an output of this case$/),
    'L1  ops/activations: gelu_tanh: missing; without it the case is at best partly run',
    expect.stringMatching(/^L1 {2}ops\/patchify: ops\/patchify\.npz.* is no \.npz archive/),
    'L1  ops/patchify: patched: JSON, expected a tensor',
    'L1  ops/patchify: restored: missing; without it the case is at best partly run',
    'ops/patchify_.npz: belongs to no case',
  ]);
  expect(findings.join('')).not.toContain('\u001b');
});

it('finds integers where floats belong', async () => {
  const results = await small.results('ops/activations', (arrays) => {
    const { size, shape } = arrays.get('silu')!;
    arrays.set('silu', hostTensor(new Int32Array(size), shape));
  });
  expect((await lintKit(small.kit, results)).findings).toEqual(['L1  ops/activations: silu: type int32, expected float32']);
});

it('exits with 0, 1 and 2', async () => {
  const right = await small.results('ops/patchify');
  expect(await runHere('kit', 'lint', bare, right)).toEqual({
    code: 0, stdout: 'findings: 0; files for 1 of 3 cases\n', stderr: '',
  });
  const wrong = await small.results('ops/patchify', (arrays) => arrays.set('y', arrays.get('patched')!));
  expect(await runHere('kit', 'lint', small.kit, wrong, '--level', 'L1')).toMatchObject({
    code: 1, stdout: 'L1  ops/patchify: y: not an output of this case\nfindings: 1; files for 1 of 2 cases\n',
  });
  expect(await runHere('kit', 'lint', small.kit, right, '--filter', 'nearest')).toMatchObject({ code: 2 });
  expect(await runHere('kit', 'lint', small.kit, join(right, 'absent'))).toMatchObject({ code: 2, stderr: expect.stringMatching(/no such folder\n$/) as string });
  expect(await runHere('kit', 'lint', right, right)).toMatchObject({ code: 2, stderr: expect.stringMatching(/kit\.json/) as string });
});
