/** What an operation makes, and where, for errors. */

import type { Shape } from '../../src/array/host.ts';

export interface What {
  readonly operation: string;
  readonly shape: Shape;
  /** Names of the stages around, joined by '/'; '' outside of all. */
  readonly stage: string;
}

export function describe({ operation, shape, stage }: What): string {
  return `${operation} [${shape.join(', ')}]${stage && ` in stage '${stage}'`}`;
}
