/** Launches timed by the device's clock, for benchmarks: as many as there were, by kernel, with the same values. */

import { expect, it } from 'vitest';
import { webgpuBackend } from '../../backends/webgpu/index.ts';
import { findAdapter } from '../../src/backend/webgpu-adapter.ts';
import { expectClose, random } from '../backend/arrays.ts';

const { adapter } = await findAdapter();

it.skipIf(!adapter.features.has('timestamp-query'))('times launches by kernel, and computes the same', async () => {
  const [timed, plain] = [await webgpuBackend({ timed: true }), await webgpuBackend()];
  const values = [];
  for (const b of [timed, plain]) {
    const x = b.upload(random([70, 70]));
    await b.read(b.softmax(b.add(b.matmul(x, x), x)));
    values.push(await b.read(b.add(b.matmul(x, x), x)));
  }
  expectClose(values[0], values[1], 0);
  const { times } = timed;
  expect([...times!].map(([name, { launches }]) => [name, launches])).toEqual([['matmul', 2], ['elementwise', 2], ['softmax', 1]]);
  for (const { seconds } of times!.values()) expect(seconds).toBeGreaterThan(0);
  expect(plain.times).toBeUndefined();
  for (const b of [timed, plain]) await b.close();
});
