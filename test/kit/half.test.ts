/** A port in half precision: bits that rounding decides are ties, and what comes after is judged from the port's own values. */

import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Backend } from '../../src/backend/backend.ts';
import { altered } from '../../src/kit/causes/altered-backend.ts';
import { checkCase } from '../../src/kit/check.ts';
import type { KitCaseReport } from '../../src/kit/check.ts';
import { readKitCase } from '../../src/kit/manifest.ts';
import { NOTHING } from '../../src/kit/results.ts';
import { roundedBackend } from '../../src/kit/rounded-backend.ts';
import { computeCase } from '../../src/kit/serve.ts';
import { loadCase } from '../../src/conform/load.ts';
import { referenceBackend } from '../../reference/backend.ts';
import { portArrays, smallKit } from './support.ts';
import type { SmallKit } from './support.ts';

const ID = 'own/t2i-negative';
let small: SmallKit;
beforeAll(async () => {
  small = await smallKit([ID], ['L4']);
});

type Change = (values: Map<string, Float32Array>) => void;

/** Results of a bfloat16 port, changed, and what judging them takes. */
async function judged(change: Change = () => undefined): Promise<{ report: KitCaseReport; products: number }> {
  const { arrays } = await computeCase(loadCase(join(small.kit, ID)), roundedBackend(referenceBackend(), 'bf16'));
  const port = portArrays(arrays);
  change(new Map([...port].map(([name, { values }]) => [name, values as Float32Array])));
  let products = 0;
  const counting = altered(referenceBackend(), (b): Partial<Backend> => ({
    matmul: (...args) => {
      products += 1;
      return b.matmul(...args);
    },
  }));
  const entry = small.entries[0];
  const report = await checkCase(readKitCase(small.kit, entry, 'bf16'), { ...NOTHING, arrays: port }, counting);
  return { report, products };
}

describe('a generation in bfloat16 that takes another way after a tie', () => {
  it('is judged without computing the case again for every output that differs', async () => {
    const { report, products } = await judged();
    const statuses = new Set(report.outputs.map(({ status }) => status));
    expect([report.status, ...statuses].sort()).toEqual(['follows', 'partly run', 'passed', 'tie', 'unjudged']);
    expect(products).toBeLessThanOrEqual(report.outputs.length);
  });

  it('has a fault where a value does not follow from its own', async () => {
    const { report, products } = await judged((values) => {
      const last = [...values.keys()].filter((name) => name.startsWith('summed/')).at(-1)!;
      values.get(last)!.forEach((x, i, all) => (all[i] = x + 1));
    });
    expect(report.divergence).toMatchObject({ output: expect.stringMatching(/^summed\//) as string, step: 'S6' });
    expect(report.divergence!.causes).toEqual(['all values are 1.000 off']);
    expect(products).toBeLessThanOrEqual(report.outputs.length);
  });
});
