/** Wrong arguments are refused at the call, and the error names operation, argument, expected and got. */

import { describe, expect, it } from 'vitest';
import type { Shape } from '../../src/array/host.ts';
import type { Backend, Tensor } from '../../src/backend/backend.ts';
import { ArgumentError } from '../../src/errors.ts';
import { random } from './arrays.ts';
import type { Subject } from './suite.ts';

type Call = (b: Backend, x: (...shape: number[]) => Tensor) => Tensor;

const refused: readonly [message: string, call: Call][] = [
  ['matmul a: expected at least two axes, got [3]', (b, x) => b.matmul(x(3), x(3, 2))],
  ['matmul b: expected inner extent 3 as in a [2, 3], got [4, 5]', (b, x) => b.matmul(x(2, 3), x(4, 5))],
  [
    'matmul b: expected inner extent 2 as in a [2, 3], a transposed, b transposed, got [2, 3]',
    (b, x) => b.matmul(x(2, 3), x(2, 3), { transposeA: true, transposeB: true }),
  ],
  ['matmul b: expected a matrix or leading axes [2] as in a [2, 3, 4]', (b, x) => b.matmul(x(2, 3, 4), x(3, 4, 5))],
  ['matmul b: expected a matrix or leading axes [] as in a [3, 4]', (b, x) => b.matmul(x(3, 4), x(1, 4, 5))],
  ['matmul bias: expected [5], got [1, 5]', (b, x) => b.matmul(x(3, 4), x(4, 5), { bias: x(1, 5) })],
  ['conv3d x: expected (B, C, T, H, W), got [1, 2, 3, 4]', (b, x) => b.conv3d(x(1, 2, 3, 4), x(2, 2, 1, 1, 1))],
  ['conv3d weight: expected (O, C, kt, kh, kw), got [2, 2]', (b, x) => b.conv3d(x(1, 2, 3, 4, 4), x(2, 2))],
  ['conv3d weight: expected 2 input channels', (b, x) => b.conv3d(x(1, 2, 3, 4, 4), x(2, 3, 1, 1, 1))],
  ['conv3d weight: expected kt at least 1, kh and kw odd', (b, x) => b.conv3d(x(1, 2, 3, 4, 4), x(2, 2, 1, 2, 1))],
  ['conv3d x: expected at least 3 frames', (b, x) => b.conv3d(x(1, 2, 2, 4, 4), x(2, 2, 3, 1, 1))],
  ['conv3d bias: expected [4], got [2]', (b, x) => b.conv3d(x(1, 2, 2, 4, 4), x(4, 2, 1, 1, 1), x(2))],
  ['softmax x: expected at least one axis, got []', (b, x) => b.softmax(x())],
  ['add b: expected a shape that broadcasts with [2, 3], got [2]', (b, x) => b.add(x(2, 3), x(2))],
  ['div b: expected a shape that broadcasts with [2, 3], got [3, 3]', (b, x) => b.div(x(2, 3), x(3, 3))],
  ['sum axes: expected an axis of [2, 3], from 0, got 2', (b, x) => b.sum(x(2, 3), [2])],
  ['sum axes: expected an axis of [2, 3], from 0, got -1', (b, x) => b.sum(x(2, 3), [-1])],
  ['sum axes: expected different axes, got [1, 1]', (b, x) => b.sum(x(2, 3), [1, 1])],
  ['rmsNorm weight: expected [3], got [2]', (b, x) => b.rmsNorm(x(2, 3), x(2), 1e-6)],
  ['l2Normalize axis: expected an axis of [2, 3], from 0, got 5', (b, x) => b.l2Normalize(x(2, 3), 5)],
  ['l2Normalize gain: expected [2], got [3]', (b, x) => b.l2Normalize(x(2, 3), 0, x(3))],
  ['reshape shape: expected 6 elements as in [2, 3], got [4]', (b, x) => b.reshape(x(2, 3), [4])],
  ['reshape shape: expected integers from 0, got [-2, -3]', (b, x) => b.reshape(x(2, 3), [-2, -3])],
  ['permute axes: expected every axis of [2, 3] once, got [0, 0]', (b, x) => b.permute(x(2, 3), [0, 0])],
  ['permute axes: expected every axis of [2, 3] once, got [1]', (b, x) => b.permute(x(2, 3), [1])],
  ['concat xs: expected at least one tensor', (b) => b.concat([], 0)],
  ['concat xs[1]: expected [2, 3] but for axis 0, got [2, 4]', (b, x) => b.concat([x(2, 3), x(2, 4)], 0)],
  ['concat xs[1]: expected [2, 3] but for axis 0, got [2]', (b, x) => b.concat([x(2, 3), x(2)], 0)],
  ['slice start: expected 0 to 3, the extent of axis 1 of [2, 3], got -1', (b, x) => b.slice(x(2, 3), 1, -1, 2)],
  ['slice end: expected 1 to 3 for axis 1 of [2, 3], got 4', (b, x) => b.slice(x(2, 3), 1, 1, 4)],
  ['slice end: expected 2 to 3', (b, x) => b.slice(x(2, 3), 1, 2, 1)],
  ['expand shape: expected [1, 3] but for extents 1, got [2, 4]', (b, x) => b.expand(x(1, 3), [2, 4])],
  ['expand shape: expected [3] but for extents 1, got [2, 3]', (b, x) => b.expand(x(3), [2, 3])],
  ['take x: expected (N, C), got [3]', (b, x) => b.take(x(3), Int32Array.of(0))],
  ['take rows: expected rows of [3, 2], got 3', (b, x) => b.take(x(3, 2), Int32Array.of(0, 3))],
  ['take rows: expected rows of [3, 2], got -1', (b, x) => b.take(x(3, 2), Int32Array.of(-1))],
  ['resize x: expected (B, C, D, H, W), got [1, 2, 3]', (b, x) => b.resize(x(1, 2, 3), [1, 2, 3], 'area')],
  ['resize x: expected extents above 0', (b, x) => b.resize(x(1, 1, 0, 2, 2), [1, 2, 2], 'nearest')],
  ['resize size: expected integers from 0, got [1, 2, 1.5]', (b, x) => b.resize(x(1, 1, 1, 2, 2), [1, 2, 1.5], 'area')],
  ['rotary x: expected an even last extent, got [2, 3]', (b, x) => b.rotary(x(2, 3), x(2, 2, 1))],
  ['rotary rope: expected [2, 4, 3], got [2, 5, 3]', (b, x) => b.rotary(x(4, 6), x(2, 5, 3))],
];

export function describeRefusals({ backend }: Subject): void {
  describe('refusals', () => {
    it.each(refused)('%s', (message, call) => {
      const upload = (...shape: number[]): Tensor => backend().upload(random(shape satisfies Shape));
      const act = (): Tensor => call(backend(), upload);
      expect(act).toThrow(ArgumentError);
      expect(act).toThrow(message);
    });
  });
}
