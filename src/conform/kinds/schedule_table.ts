import type { Kind } from '../case.ts';
import { latentsOfFrames, RELEASED_LATENT_STEP, releasedSchedule } from '../../pyramid/schedule.ts';
import { baseScales, BUDGETS, CELL_PIXELS, RATIO_TABLE } from '../../pyramid/scales.ts';

/** P1, P2: the whole table, every ratio, budget and length up to `video_frames`. */
export const scheduleTable: Kind = {
  kind: 'schedule_table',
  steps: { templates: 'P1', rows: 'P2' },
  run(c, _b, results) {
    const longest = latentsOfFrames(c.config.count('video_frames', 1, 1000));
    const budgets = c.config.unknown('pn') === 'all' ? Object.keys(BUDGETS) : c.config.strings('pn');
    const lengths: number[] = [];
    for (let latents = 1; latents <= longest; latents += RELEASED_LATENT_STEP) lengths.push(latents);
    results.json('templates', RATIO_TABLE.map((row) => row.ratio));
    results.json('rows', RATIO_TABLE.flatMap(({ ratio }) => budgets.map((pn) => {
      const sizes = baseScales(ratio, pn);
      const schedules = lengths.map((latents) => [latents, releasedSchedule(ratio, pn, latents).scales] as const);
      return {
        ratio,
        pn,
        pixel: sizes.at(-1)!.map((extent) => extent * CELL_PIXELS),
        image_scales: sizes.length,
        scales_in_one_clip: sizes.length,
        max_video_scales: schedules.at(-1)![1].length,
        pt2scale_schedule: schedules,
      };
    })));
    return Promise.resolve();
  },
};
