/** What a case asks for is compared with what it expects before it is computed: sizes in a file cost nothing, results do. */

import type { Shape } from '../array/host.ts';
import { sameShape } from '../array/host.ts';
import { ArgumentError, ShapeError } from '../errors.ts';
import type { Case } from './case.ts';

/** @throws ShapeError if the case has another shape for this output. */
export function checkExpected(c: Case, output: string, shape: Shape): void {
  const expected = c.expected(output).shape;
  if (!sameShape(expected, shape)) throw new ShapeError(`${c.id}: ${output}`, `shape [${expected.join(', ')}]`, shape);
}

/** Values of a table that a case may ask for. */
const MOST_VALUES = 2 ** 23;

/** @throws ArgumentError if it asks for more. */
export function checkAmount(c: Case, values: number): void {
  if (!(values <= MOST_VALUES)) throw new ArgumentError(`${c.id}: config`, `sizes that make at most ${MOST_VALUES} values`, values);
}
