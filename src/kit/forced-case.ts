/**
 * A generation whose bits are all given: every step starts from the case's own history, so that a port which draws other
 * bits in a few close decisions can still be judged in every step. Expected values are those of the original.
 */

import type { Case } from '../conform/case.ts';
import { Fields } from '../io/fields.ts';

/** A case of kind `sample` as one with all bits given; as it is if it has no bits to give. */
export function withForcedBits(c: Case): Case {
  if (c.kind !== 'sample' || !c.config.has('steps')) return c;
  const steps = c.config.objects('steps').map((step) => step.integer('real_si'));
  const schedule = c.config.unknown('schedule') as readonly unknown[];
  const config = new Fields(
    Object.fromEntries(c.config.keys.map((key) => [key, key === 'gt_leak' ? schedule.length : c.config.unknown(key)])),
    c.config.where,
  );
  const stepOf = (name: string): number => {
    const [, realSi] = /^gt_bits\/(\d+)$/.exec(name) ?? [];
    return realSi === undefined ? -1 : steps.indexOf(Number(realSi));
  };
  const bitsOf = (name: string) => c.expected(`bits_used/${stepOf(name)}`);
  const has = (name: string): boolean => stepOf(name) >= 0;
  return {
    ...c,
    get json() {
      return c.json;
    },
    get given() {
      return c.given;
    },
    config,
    hasInput: (name) => has(name) || c.hasInput(name),
    bytes: (name) => (has(name) ? bitsOf(name) as ReturnType<Case['bytes']> : c.bytes(name)),
    array: (name) => (has(name) ? bitsOf(name) : c.array(name)),
  };
}
