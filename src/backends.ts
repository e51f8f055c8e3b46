/** The backends by name. Everything above this file takes a backend as an argument; nothing below knows its name. */

import { referenceBackend } from '../reference/backend.ts';
import type { Backend } from './backend/backend.ts';
import { ArgumentError } from './errors.ts';

const makers: Readonly<Record<string, () => Backend>> = {
  reference: referenceBackend,
};

export const backendNames: readonly string[] = Object.keys(makers);

/** @throws ArgumentError naming the backends there are. */
export function makeBackend(name: string): Backend {
  const make = Object.hasOwn(makers, name) ? makers[name] : undefined;
  if (make === undefined) throw new ArgumentError('backend', `one of ${backendNames.join(', ')}`, name);
  return make();
}
