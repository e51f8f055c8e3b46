/** Golden kind `projected_guidance`: APG of every item. */

import { hostTensor, rowMajor } from '../../array/host.ts';
import type { HostTensor } from '../../array/host.ts';
import { projectedGuidance } from '../../sampler/guidance.ts';
import type { Kind } from '../case.ts';

export const projectedGuidanceKind: Kind = {
  kind: 'projected_guidance',
  steps: { '': 'S4' },
  run(c, _b, results) {
    const [cond, uncond] = [c.input('cond'), c.input('uncond')]; // (B, L, D)
    for (const item of c.config.objects('items')) {
      const settings = { threshold: item.number('norm_threshold'), eta: item.number('eta') };
      const guided = samples(cond).flatMap((row, i) => {
        return [...projectedGuidance(row, samples(uncond)[i], item.number('guidance_scale'), settings)];
      });
      results.tensor(item.string('out'), hostTensor(Float32Array.from(guided), cond.shape));
    }
    return Promise.resolve();
  },
};

/** The batch, sample by sample. */
function samples(x: HostTensor): Float64Array[] {
  const values = rowMajor(x);
  const size = values.length / x.shape[0];
  return Array.from({ length: x.shape[0] }, (_, i) => Float64Array.from(values.subarray(i * size, (i + 1) * size)));
}
