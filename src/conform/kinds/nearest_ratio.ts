import type { Kind } from '../case.ts';
import { Fields } from '../../io/fields.ts';
import { nearestRatio } from '../../pyramid/ratio.ts';

/**
 * P1: the table row of each value of h/w. `activated` is the sorted set of rows chosen for a list that the case does
 * not store; since a row's ratio is nearest to itself, the set must be what it maps to.
 */
export const nearestRatioKind: Kind = {
  kind: 'nearest_ratio',
  steps: { '': 'P1' },
  run(c, _b, results) {
    const given = new Fields(c.given, `${c.id}: given`);
    const values = given.numbers('values');
    results.json('values', values);
    results.json('templates', values.map(nearestRatio));
    if (given.has('activated')) {
      results.json('activated', [...new Set(given.numbers('activated').map(nearestRatio))].sort((a, b) => a - b));
    }
    return Promise.resolve();
  },
};
