import type { Kind } from '../case.ts';
import { Fields } from '../../io/fields.ts';
import { firstFullSizeIndex, fullSizeIndices } from '../../pyramid/full-size.ts';
import { scalesFrom } from '../../pyramid/scales.ts';

/** P5: the first and all scales of full size, for each listed schedule. */
export const fullSizeIndex: Kind = {
  kind: 'full_size_index',
  steps: { '': 'P5' },
  run(c, _b, results) {
    for (const name of c.jsonOutputs) {
      const item = new Fields(c.given[name], `${c.id}: given[${name}]`);
      const schedule = scalesFrom(item.unknown('schedule'), `${item.where}.schedule`);
      results.json(name, { schedule, first: firstFullSizeIndex(schedule), all: fullSizeIndices(schedule) });
    }
    return Promise.resolve();
  },
};
