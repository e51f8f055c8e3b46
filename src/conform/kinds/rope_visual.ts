import type { Kind } from '../case.ts';
import { checkAmount } from '../expected.ts';
import { clipContexts } from '../../pyramid/clips.ts';
import { scalesFrom } from '../../pyramid/scales.ts';
import { scheduleFrom } from '../../pyramid/schedule.ts';
import { frameRange, visualRope } from '../../rope/visual-rope.ts';
import { officialLayout, ropeConfig } from '../rope-case.ts';

/** R3: steps of a schedule. */
export const ropeVisual: Kind = {
  kind: 'rope_visual',
  steps: { '': 'R3' },
  run(c, _b, results) {
    const schedule = scheduleFrom(scalesFrom(c.config.unknown('schedule'), 'config.schedule'));
    const contexts = clipContexts(schedule);
    const [, fullH, fullW] = schedule.scales.at(-1)!;
    for (const item of c.config.objects('items')) {
      const si = item.count('si', 0, contexts.length - 1);
      const [, h, w] = schedule.scales[si];
      const { start, end } = contexts[si];
      const realSi = item.integer('real_si');
      const step = { realSi, frames: frameRange(start, end), size: [h, w], fullSize: [fullH, fullW] } as const;
      checkAmount(c, step.frames.length * h * w * ropeConfig(c.config).head_dim);
      results.tensor(item.string('out'), officialLayout(visualRope(ropeConfig(c.config), step)));
    }
    return Promise.resolve();
  },
};
