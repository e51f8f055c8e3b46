import type { Kind } from '../case.ts';
import { Fields } from '../../io/fields.ts';
import { clipContexts } from '../../pyramid/clips.ts';
import { firstFullSizeIndex } from '../../pyramid/full-size.ts';
import { scalesFrom } from '../../pyramid/scales.ts';
import { scheduleFrom } from '../../pyramid/schedule.ts';

/**
 * P3: clip, frames and references of every scale. The official records also list the references as (clip, scale
 * in clip), with clip −1 for "none" (always so on the right), or as bare clips for the full history.
 */
export const scalePackInfo: Kind = {
  kind: 'scale_pack_info',
  steps: { '': 'P3' },
  run(c, _b, results) {
    for (const name of c.jsonOutputs) {
      const item = new Fields(c.given[name], `${c.id}: given[${name}]`);
      const args = item.child('args');
      const scales = scalesFrom(item.unknown('schedule'), `${item.where}.schedule`);
      const schedule = scheduleFrom(scales);
      const context = {
        context_from_largest_no: args.integer('context_from_largest_no'),
        context_interval: args.integer('context_interval'),
        context_frames: args.integer('context_frames'),
        frames_inner_clip: args.integer('frames_inner_clip'),
      };
      const history = context.context_from_largest_no === 0;
      const inner = Math.max(0, schedule.scalesPerClip - context.context_from_largest_no);
      const none = history ? -1 : [-1, inner];
      const info = clipContexts(schedule, context).map(({ clip, start, end, references }, si) => {
        const before = history ? [clip - 1] : references.map((ref) => pair(ref, schedule.scalesPerClip));
        const left_ref = clip === 0 ? [none] : before;
        return { si, clipid: clip, frame_ss: start, frame_ee: end, left_ref, right_ref: [none], ref_sids: references };
      });
      const first = firstFullSizeIndex(scales);
      results.json(name, { schedule: scales, args: item.unknown('args'), first_full_index: first, info });
    }
    return Promise.resolve();
  },
};

function pair(si: number, scalesPerClip: number): [clip: number, scaleInClip: number] {
  return [Math.floor(si / scalesPerClip), si % scalesPerClip];
}
