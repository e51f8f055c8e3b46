/** Extents of 0: a clip without frames, a prompt without tokens. Nothing in, nothing out, and sums of nothing are 0. */

import { describe, expect, it } from 'vitest';
import type { Shape } from '../../src/array/host.ts';
import type { Backend, Tensor } from '../../src/backend/backend.ts';
import { build, expectClose, random } from './arrays.ts';
import type { Subject } from './suite.ts';

export function describeEmpty({ backend, tolerance }: Subject): void {
  describe('empty extents', () => {
    const empty: readonly [name: string, shape: Shape, make: (b: Backend, x: (shape: Shape) => Tensor) => Tensor][] = [
      ['upload', [2, 0], (_, x) => x([2, 0])],
      ['matmul without rows', [0, 4], (b, x) => b.matmul(x([0, 3]), x([3, 4]))],
      ['matmul without columns', [2, 0], (b, x) => b.matmul(x([2, 3]), x([0, 3]), { transposeB: true })],
      ['conv3d without a batch', [0, 4, 1, 2, 2], (b, x) => b.conv3d(x([0, 3, 3, 2, 2]), x([4, 3, 3, 3, 3]))],
      ['conv3d without height', [1, 4, 1, 0, 2], (b, x) => b.conv3d(x([1, 3, 3, 0, 2]), x([4, 3, 3, 3, 3]))],
      ['softmax without rows', [0, 3], (b, x) => b.softmax(x([0, 3]))],
      ['softmax of empty rows', [3, 0], (b, x) => b.softmax(x([3, 0]))],
      ['add', [0, 3], (b, x) => b.add(x([0, 3]), x([1, 3]))],
      ['affine', [0], (b, x) => b.affine(x([0]), 2)],
      ['map', [0, 2], (b, x) => b.map('gelu', x([0, 2]))],
      ['sum over another axis', [0, 1], (b, x) => b.sum(x([0, 3]), [1])],
      ['rmsNorm', [0, 3], (b, x) => b.rmsNorm(x([0, 3]), x([3]), 1e-6)],
      ['l2Normalize', [2, 0], (b, x) => b.l2Normalize(x([2, 0]), 1)],
      ['reshape', [3, 0], (b, x) => b.reshape(x([0, 7]), [3, 0])],
      ['permute', [0, 2, 3], (b, x) => b.permute(x([2, 3, 0]), [2, 0, 1])],
      ['concat', [0, 2], (b, x) => b.concat([x([0, 2]), x([0, 2])], 0)],
      ['slice', [2, 0], (b, x) => b.slice(x([2, 3]), 1, 3, 3)],
      ['expand', [0, 3], (b, x) => b.expand(x([1, 3]), [0, 3])],
      ['take', [0, 3], (b, x) => b.take(x([2, 3]), new Int32Array(0))],
      ['resize', [0, 1, 2, 2, 2], (b, x) => b.resize(x([0, 1, 1, 1, 1]), [2, 2, 2], 'trilinear')],
      ['rotary', [2, 0, 4], (b, x) => b.rotary(x([2, 0, 4]), x([2, 0, 2]))],
    ];
    it.each(empty)('%s', async (_, shape, make) => {
      const b = backend();
      const got = await b.read(make(b, (of) => b.upload(random(of))));
      expect(got.shape).toEqual(shape);
      expect(got.data.length).toBe(0);
    });

    it('a product over nothing is the bias, or 0', async () => {
      const b = backend();
      const [left, right] = [b.upload(random([2, 0])), b.upload(random([0, 3]))];
      const bias = random([3]);
      expectClose(await b.read(b.matmul(left, right)), build([2, 3], () => 0), tolerance);
      const biased = b.matmul(left, right, { bias: b.upload(bias) });
      expectClose(await b.read(biased), build([2, 3], (_, j) => bias.get(j)), tolerance);
      const convolved = b.conv3d(b.upload(random([1, 0, 1, 2, 2])), b.upload(random([3, 0, 1, 1, 1])), b.upload(bias));
      expectClose(await b.read(convolved), build([1, 3, 1, 2, 2], (_, o) => bias.get(o)), tolerance);
    });

    it('a sum over nothing is 0, and a part without extent adds nothing', async () => {
      const b = backend();
      expectClose(await b.read(b.sum(b.upload(random([0, 3])), [0])), build([1, 3], () => 0), 0);
      const x = random([2, 3]);
      expectClose(await b.read(b.concat([b.upload(random([0, 3])), b.upload(x)], 0)), x, 0);
    });
  });
}
