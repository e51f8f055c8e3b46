/** What must have passed: `--require L0,L1,ops/patchify,heads` names levels, kinds or cases of the kit. */

import { ArgumentError } from '../errors.ts';
import type { KitReport } from './check.ts';
import type { KitEntry } from './manifest.ts';

/**
 * @param entries all cases of the kit, also those that were not chosen.
 * @returns a line for every required case that has not passed.
 * @throws ArgumentError for a name that nothing in the kit has.
 */
export function unmet(names: readonly string[], entries: readonly KitEntry[], { cases }: KitReport): string[] {
  const isNamed = (name: string) => ({ id, kind, level }: KitEntry): boolean => [id, kind, level].includes(name);
  const strange = names.find((name) => !entries.some(isNamed(name)));
  if (strange !== undefined) throw new ArgumentError('--require', 'levels, kinds or ids of cases that the kit has', strange);
  const required = entries.filter((entry) => names.some((name) => isNamed(name)(entry)));
  const statusOf = (id: string): string => cases.find((report) => report.id === id)?.status ?? 'not chosen';
  return required.filter(({ id }) => statusOf(id) !== 'passed').map(({ id, level }) => `required: ${level} ${id} is ${statusOf(id)}`);
}
