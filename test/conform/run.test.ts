/** The runner itself: what it says of wrong, missing and misshapen results. */

import { describe, expect, it } from 'vitest';
import { hostTensor } from '../../src/array/host.ts';
import type { HostArray } from '../../src/array/host.ts';
import type { Case, ExpectedOutput, Kind } from '../../src/conform/case.ts';
import { compare, unravel } from '../../src/conform/compare.ts';
import { formatReport } from '../../src/conform/report.ts';
import { firstDifference, runCase } from '../../src/conform/run.ts';
import { ArgumentError } from '../../src/errors.ts';
import { Fields } from '../../src/io/fields.ts';
import { referenceBackend } from '../../reference/backend.ts';

const float = (values: number[], shape: number[]): HostArray => hostTensor(Float32Array.from(values), shape);
const output = (name: string, atol = 0.1, rtol = 0): ExpectedOutput => ({ name, shape: [2, 2], dtype: 'float32', atol, rtol });

function caseOf(outputs: ExpectedOutput[], expected: Record<string, HostArray>, config: object = {}): Case {
  const unused = (): never => {
    throw new Error('not used');
  };
  return {
    id: 'group/name', kind: 'test', config: new Fields(config, 'config'), inputs: [], outputs, jsonOutputs: [],
    directory: '', file: unused, root: '', json: {},
    given: {}, input: unused, hasInput: () => false, bytes: unused, array: unused, weights: unused,
    expected: (name) => expected[name],
  };
}

const kindThat = (run: Kind['run']): Kind => ({ kind: 'test', steps: { '': 'V1', logits: 'T6' }, run });

describe('compare', () => {
  it('accepts exactly |got − expected| ≤ atol + rtol·|expected|', () => {
    const expected = float([0, 1, -2, 10], [2, 2]);
    expect(compare(output('y', 0.25, 0.5), float([0.25, 1.75, -3.25, 15.25], [2, 2]), expected).passed).toBe(true);
    const off = compare(output('y', 0.25, 0.5), float([0.25, 1.75, -3.5, 15.25], [2, 2]), expected);
    expect(off).toMatchObject({ passed: false, failures: 1, first: { index: [1, 0], got: -3.5, expected: -2 } });
    expect(off.worstAbsolute).toBe(5.25);
    expect(off.worstRelative).toBe(0.75);
  });

  it('fails on values that are not numbers', () => {
    const result = compare(output('y'), float([NaN, 0, 0, 0], [2, 2]), float([0, 0, 0, 0], [2, 2]));
    expect(result).toMatchObject({ passed: false, failures: 1, worstAbsolute: NaN });
  });

  it('names a wrong shape', () => {
    expect(compare(output('y'), float([1, 2], [2]), float([1, 2], [1, 2])).problem).toBe('shape [2], expected [1, 2]');
  });

  it('unravels row-major', () => {
    expect(unravel(23, [2, 3, 4])).toEqual([1, 2, 3]);
    expect(unravel(4, [2, 3, 4])).toEqual([0, 1, 0]);
  });
});

describe('runCase', () => {
  it('reports the first divergence in execution order, not in the order of the file', async () => {
    const c = caseOf([output('late'), output('logits/0')], { late: float([0, 0, 0, 0], [2, 2]), 'logits/0': float([0, 0, 0, 0], [2, 2]) });
    const kind = kindThat(async (_case, _b, results) => {
      results.tensor('logits/0', float([0, 0, 5, 0], [2, 2]));
      results.tensor('late', float([9, 9, 9, 9], [2, 2]));
    });
    const report = await runCase(c, kind, referenceBackend());
    expect(report.status).toBe('failed');
    expect(report.divergence).toEqual({ output: 'logits/0', step: 'T6', where: 'row 1, column 0: got 5, expected 0' });
  });

  it('says in words where in a sampling run an element lies', async () => {
    const steps = [{ si: 0, repeat: 0, real_si: 0 }, { si: 5, repeat: 1, real_si: 7 }];
    const shape = [1, 1, 1, 2, 2];
    const c = caseOf(
      [{ name: 'bits_used/1', shape, dtype: 'uint8', atol: 0, rtol: 0 }],
      { 'bits_used/1': hostTensor(Uint8Array.of(0, 1, 1, 0), shape) },
      { steps, scales_in_one_clip: 4 },
    );
    const kind = kindThat(async (_case, _b, results) => { results.tensor('bits_used/1', hostTensor(Uint8Array.of(0, 1, 0, 0), shape)); });
    const report = await runCase(c, kind, referenceBackend());
    expect(report.divergence?.where).toBe(
      'clip 1, scale 1, repetition 1, batch 0, t 0, h 0, w 1, bit 0: got 0, expected 1',
    );
    expect(report.bits).toEqual({ compared: 4, equal: 3 });
  });

  it('fails a case whose output is not computed, or whose computation fails', async () => {
    const c = caseOf([output('y')], { y: float([0, 0, 0, 0], [2, 2]) });
    const silent = await runCase(c, kindThat(async () => undefined), referenceBackend());
    expect(silent.divergence).toMatchObject({ output: 'y', where: 'not computed' });
    const failing = kindThat(async () => { throw new ArgumentError('x', 'a number', 'a fish'); });
    const report = await runCase(c, failing, referenceBackend());
    expect(report).toMatchObject({ status: 'failed', note: "x: expected a number, got 'a fish'" });
    expect(formatReport([report], 'reference')).toContain('0 passed, 1 failed');
  });
});

describe('firstDifference', () => {
  it('gives path and both values', () => {
    expect(firstDifference({ a: [1, { b: 2 }] }, { a: [1, { b: 3 }] }, 'x')).toBe('x.a.1.b: got 2, expected 3');
    expect(firstDifference([1, 2], [1], 'x')).toBe('x.1: got 2, expected nothing');
  });
});
