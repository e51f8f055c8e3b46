import type { Kind } from '../case.ts';
import { checkAmount } from '../expected.ts';
import { scalesFrom } from '../../pyramid/scales.ts';
import { visualRope } from '../../rope/visual-rope.ts';
import { officialLayout, ropeConfig } from '../rope-case.ts';

/** R3 as interactive generation uses it: every item lists its frames. */
export const ropeVisualInteract: Kind = {
  kind: 'rope_visual_interact',
  steps: { '': 'R3' },
  run(c, _b, results) {
    const [, fullH, fullW] = scalesFrom([c.config.unknown('largest_scale')], 'config.largest_scale')[0];
    for (const item of c.config.objects('items')) {
      const [, h, w] = scalesFrom([item.unknown('scale')], `${item.where}.scale`)[0];
      const realSi = item.integer('real_si');
      const step = { realSi, frames: item.numbers('t_list'), size: [h, w], fullSize: [fullH, fullW] } as const;
      checkAmount(c, step.frames.length * h * w * ropeConfig(c.config).head_dim);
      results.tensor(item.string('out'), officialLayout(visualRope(ropeConfig(c.config), step)));
    }
    return Promise.resolve();
  },
};
