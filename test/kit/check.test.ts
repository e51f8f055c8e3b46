/** What the check says of results that are right, wrong, tied, missing or broken. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { hostTensor, rowMajor } from '../../src/array/host.ts';
import type { HostArray, HostTensor } from '../../src/array/host.ts';
import { sampleRequest } from '../../src/conform/sample-case.ts';
import { toBytes } from '../../src/sampler/frames.ts';
import { guide } from '../../src/sampler/guidance.ts';
import { loadCase } from '../../src/conform/load.ts';
import { floatToBfloat, halfToFloat, floatToHalf } from '../../src/array/half.ts';
import { safetensorsChunks } from '../../src/io/write-safetensors.ts';
import { checkKit } from '../../src/kit/check.ts';
import type { KitCaseReport } from '../../src/kit/check.ts';
import { ulpsBetween } from '../../src/kit/judge.ts';
import { junitXml } from '../../src/kit/junit.ts';
import { supportMatrix } from '../../src/kit/matrix.ts';
import { unmet } from '../../src/kit/require.ts';
import { formatKitReport } from '../../src/kit/report.ts';
import { referenceBackend } from '../../reference/backend.ts';
import { mapped, smallKit } from './support.ts';
import type { SmallKit } from './support.ts';

const GENERATION = 'sampler/t2i-cfg';
let small: SmallKit;
beforeAll(async () => {
  small = await smallKit(
    ['ops/patchify', 'ops/activations', 'schedules/nearest-ratio', 'msrq/image', 'rope/visual-tiny', GENERATION],
    ['L0', 'L1', 'L2', 'L4'],
  );
});

async function check(id: string, change?: Parameters<SmallKit['results']>[1]): Promise<KitCaseReport> {
  const results = await small.results(id, change);
  return (await checkKit(small.kit, results, referenceBackend(), { wanted: (entry) => entry.id === id })).cases[0];
}

const faults = (report: KitCaseReport): string[] => {
  return report.outputs.filter(({ status }) => !['passed', 'follows'].includes(status)).map(({ output, status }) => `${status} ${output}`);
};

describe('an output', () => {
  it('passes when it is right, in any level', async () => {
    for (const { id } of small.entries) expect((await check(id)).status, id).toBe('passed');
  });

  it('gets a line each for what is missing, unknown, of the wrong shape or type, or not a number', async () => {
    const report = await check('ops/activations', (arrays) => {
      arrays.set('silu', hostTensor(new Float32Array(2), [2]));
      arrays.delete('gelu_tanh');
      arrays.set('gelu', hostTensor(new Float32Array(1), [1]));
    });
    expect(faults(report)).toEqual(['missing gelu_tanh', 'shape silu', 'unknown gelu']);
    const silu = loadCase(join(small.kit, 'ops/activations')).expected('silu');
    expect(faults(await check('ops/activations', (arrays) => arrays.set('silu', hostTensor(new Int32Array(silu.size), silu.shape))))).toEqual(['dtype silu']);
    expect(faults(await check('ops/activations', (arrays) => arrays.set('silu', mapped(silu, () => NaN))))).toEqual(['nan silu']);
  });

  it('may be float16, with its roundings, but not wrong', async () => {
    const half = (x: HostArray): HostArray => hostTensor(halfToFloat(floatToHalf(rowMajor(x) as Float32Array)), x.shape);
    expect((await check('ops/activations', (arrays) => arrays.set('silu', half(arrays.get('silu')!)))).status).toBe('failed');
    for (const dtype of ['F16', 'BF16'] as const) {
      const results = await small.results('ops/activations', (arrays) => arrays.delete('silu'));
      const silu = loadCase(join(small.kit, 'ops/activations')).expected('silu');
      mkdirSync(join(results, 'ops/activations'));
      const written: Uint8Array[] = [];
      const tensor = { key: 'out/silu', shape: silu.shape, dtype, values: () => silu as never };
      for await (const chunk of safetensorsChunks([tensor])) written.push(Uint8Array.from(chunk));
      writeFileSync(join(results, 'ops/activations/more.safetensors'), Buffer.concat(written));
      const { cases } = await checkKit(small.kit, results, referenceBackend(), { wanted: ({ id }) => id === 'ops/activations' });
      expect(faults(cases[0]), dtype).toEqual([]);
    }
    expect(floatToBfloat(Float32Array.of(1))[0]).toBe(0x3f80);
  });

  it('is told where and by how much it differs, and why that may be', async () => {
    const { divergence } = await check('ops/patchify', (arrays) => arrays.set('patched', mapped(arrays.get('patched')!, (x) => 2 * x)));
    expect(divergence).toMatchObject({ output: 'patched', step: 'V9', failures: expect.any(Number) as number });
    expect(divergence!.where).toMatch(/batch 0, channel 0, t 0/);
    expect(divergence!.causes[0]).toBe('all values are 2.000 times the expected ones');
    expect(divergence!.first!.error.relative).toBeCloseTo(1);
  });

  it('that is JSON is told the path of the first difference', async () => {
    const report = await check('schedules/nearest-ratio', (_, json) => {
      json.set('templates', [...(json.get('templates') as number[]).slice(1), 7]);
    });
    expect(report.divergence).toMatchObject({ step: 'P1' });
    expect(report.divergence!.where).toMatch(/^templates\.0: got 1, expected 0\.562$/);
  });
});

describe('a generation', () => {
  it('names a rotary table of shifted text positions', async () => {
    const { divergence } = await check(GENERATION, (arrays) => {
      const rope = arrays.get('stage/text/rope')!;
      const [, L, pairs] = rope.shape as [number, number, number];
      const n = pairs / 4;
      arrays.set('stage/text/rope', mapped(rope, (x, i) => {
        const pair = i % pairs;
        if (pair >= n) return x;
        const angle = (Math.floor(i / pairs) % L + 3) * 10000 ** (-pair / n);
        return i < L * pairs ? Math.cos(angle) : Math.sin(angle);
      }));
    });
    expect(divergence).toMatchObject({ output: 'stage/text/rope', step: 'R2' });
    expect(divergence!.causes[0]).toBe('positions on the scale axis are off by +3, the same for all tokens');
  });

  it('lists a second fault of its own, and only counts what follows from the first', async () => {
    const { tau, cfg, guidance } = sampleRequest(loadCase(join(small.kit, GENERATION)));
    const report = await check(GENERATION, (arrays) => {
      const wrong = mapped(arrays.get('logits_raw/0')!, (x, i) => x + 0.01 * (i % 3)) as HostTensor;
      arrays.set('logits_raw/0', wrong);
      const guided = arrays.get('logits_guided/0')!;
      arrays.set('logits_guided/0', hostTensor(Float32Array.from(guide(wrong, tau[0], cfg[0], guidance)), guided.shape));
      arrays.set('frames_u8', mapped(arrays.get('frames_u8')!, (x) => (x < 128 ? x + 9 : x - 9)));
    });
    expect(faults(report)).toEqual(['diverged logits_raw/0', 'diverged frames_u8']);
    expect(report.outputs.find(({ output }) => output === 'logits_guided/0')!.status).toBe('follows');
  });

  it('calls a quantized bit near zero a tie', async () => {
    const c = loadCase(join(small.kit, 'msrq/image'));
    const residual = c.expected('residual/3').transpose(0, 2, 3, 4, 1);
    const values = [...rowMajor(residual)].map(Math.abs);
    const nearest = values.indexOf(Math.min(...values));
    const flip = (at: number) => (arrays: Map<string, HostArray>): void => {
      arrays.set('bits/3', mapped(arrays.get('bits/3')!, (bit, i) => (i === at ? 1 - bit : bit)));
    };
    const clear = values.indexOf(Math.max(...values));
    expect(faults(await check('msrq/image', flip(clear)))).toEqual(['diverged bits/3']);
    expect(values[nearest]).toBeGreaterThan(0);
  });
});

describe('a case', () => {
  const only = (arrays: Map<string, HostArray>, pattern: RegExp): void => {
    for (const name of [...arrays.keys()].filter((name) => !pattern.test(name))) arrays.delete(name);
  };

  it('has not passed where its main outputs are missing', async () => {
    const report = await check(GENERATION, (arrays) => only(arrays, /^logits/));
    expect([report.status, report.compared]).toEqual(['partly run', 18]);
    expect((await check(GENERATION, (arrays) => only(arrays, /^(bits_used|summed_codes|video|frames_u8)/))).status).toBe('passed');
  });

  it('has not run where only unknown names were written, as tensors or as JSON', async () => {
    const report = await check('ops/patchify', (arrays, json) => {
      only(arrays, /^nothing$/);
      arrays.set('something', hostTensor(new Float32Array(1), [1]));
      json.set('patched', [1, 2]);
    });
    expect([report.status, ...faults(report)]).toEqual([
      'not run', 'missing patched', 'missing restored', 'unknown something', 'unknown patched',
    ]);
    expect(report.outputs.map(({ problem }) => problem).slice(-2)).toEqual(['not an output of this case', 'JSON, expected a tensor']);
  });

  it('may have either byte where the port\'s own video lies at a whole number, and only there', async () => {
    const at = 137 / 127.5 - 1;
    const bytes = (video: number, byte: number) => check(GENERATION, (arrays) => {
      const right = arrays.get('video')!;
      // The last value of the video is red: the last byte.
      arrays.set('video', mapped(right, (x, i) => (i === 0 ? video : x)));
      const shape = right.shape as [number, number, number, number, number];
      arrays.set('frames_u8', toBytes(arrays.get('video') as HostTensor, { channels: 'bgr' }));
      arrays.set('frames_u8', mapped(arrays.get('frames_u8')!, (x, i) => (i === shape[1] - 1 ? byte : x)));
    });
    const last = ({ outputs }: KitCaseReport): string => outputs.find(({ output }) => output === 'frames_u8')!.status;
    expect(last(await bytes(at, 137))).toBe('passed');
    expect(last(await bytes(at, 136))).toBe('passed');
    expect(last(await bytes(at + 1e-5, 136))).toBe('diverged');
    expect(last(await bytes(at, 138))).toBe('diverged');
  });
});

describe('what is required', () => {
  it('are levels, kinds and cases that the kit has', async () => {
    const report = await checkKit(small.kit, await small.results('ops/patchify'), referenceBackend());
    expect(unmet(['patchify', 'ops/patchify'], small.entries, report)).toEqual([]);
    const missed = ['required: L1 ops/activations is not run', 'required: L1 rope/visual-tiny is not run'];
    expect(unmet(['L1'], small.entries, report)).toEqual(missed);
    expect(unmet(['L0'], small.entries, { ...report, cases: [] })).toEqual(['required: L0 schedules/nearest-ratio is not chosen']);
    expect(() => unmet(['L9'], small.entries, report)).toThrow(/--require: expected levels, kinds or ids/);
  });
});

describe('reports', () => {
  it('are text, XML and Markdown', async () => {
    const results = await small.results('rope/visual-tiny', (arrays) => arrays.set('rope2', mapped(arrays.get('rope2')!, (x) => -x)));
    const report = await checkKit(small.kit, results, referenceBackend());
    const text = formatKitReport(report);
    expect(text).toMatch(/L1 {2}failed {5}rope\/visual-tiny {2}\(1 wrong, 5 as expected\)/);
    expect(text).toMatch(/first divergence: rope2 · R3 positions of a visual step/);
    expect(text).toMatch(/fix first: rope2 of rope\/visual-tiny \(L1\)/);
    const xml = junitXml(report);
    expect(xml).toMatch(/<testsuite name="L1" tests="3" failures="1" errors="0" skipped="2" time="0.000">/);
    expect(xml).toMatch(/<failure message="rope2: R3[^>]*>rope2\n[^<]*\ngot -0.99[0-9]+\nexpected 0.99[0-9]+\n/);
    expect(xml).toMatch(/<property name="profile" value="float32"\/>/);
    expect(xml).toMatch(/error 1.98[0-9]* absolute, 2 relative/);
    expect(xml).toMatch(/<testsuites name="infinitystar kit" tests="6" failures="1" errors="0" skipped="5" time="0.000">/);
    expect(supportMatrix(report, 'mine').replaceAll('\\', '')).toMatch(/\| L1 \| rope_visual \| 0\/1 \| 6\/6 \| ✗ rope\/visual-tiny: rope2 \(R3\) \|/);
  });

  it('survive files that are no archives', async () => {
    const results = await small.results('ops/patchify');
    writeFileSync(join(results, 'ops/patchify.npz'), 'nothing of the kind');
    const { cases } = await checkKit(small.kit, results, referenceBackend(), { wanted: ({ id }) => id === 'ops/patchify' });
    expect(cases[0]).toMatchObject({ status: 'failed', problems: [expect.stringMatching(/is no \.npz archive/)] });
  });
});

it.each([[1, 1, 0], [1, 1 + 2 ** -23, 1], [0, -0, 0], [2 ** -149, -(2 ** -149), 2]])('%s and %s are %s ulps apart', (a, b, count) => {
  expect(ulpsBetween(a, b)).toBe(count);
});
