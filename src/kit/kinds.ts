/** Kinds of cases that only kits have: integers that the golden cases show no more than in tables of cosines. */

import type { HostArray } from '../array/host.ts';
import { hostTensor } from '../array/host.ts';
import type { Kind } from '../conform/case.ts';
import { kinds } from '../conform/kinds/index.ts';
import type { Fields } from '../io/fields.ts';
import { clipContexts } from '../pyramid/clips.ts';
import { expandSteps } from '../pyramid/repetition.ts';
import { scalesFrom } from '../pyramid/scales.ts';
import { scheduleFrom } from '../pyramid/schedule.ts';
import type { Schedule } from '../pyramid/schedule.ts';
import { fullSize } from '../quantizer/running-code.ts';
import { frameRange, gridRows } from '../rope/visual-rope.ts';
import { visibleSegments } from '../transformer/mask.ts';

/** Positions of every executed step on the axes of scale, time, height and width. */
const ropePositions: Kind = {
  kind: 'rope_positions',
  steps: { '': 'R3', real_si: 'P4' },
  run({ config }, _b, results) {
    const schedule = scheduleOf(config);
    const contexts = clipContexts(schedule);
    const steps = expandSteps(schedule, {
      image_scale_repetition: config.numbers('image_scale_repetition'),
      video_scale_repetition: config.numbers('video_scale_repetition'),
      max_repeat_times: config.integer('max_repeat_times'),
    });
    results.tensor('real_si', integers(steps.map(({ realSi }) => realSi)));
    const full = fullSize(schedule);
    for (const [k, { si, realSi }] of steps.entries()) {
      const [, h, w] = schedule.scales[si]!;
      const { start, end } = contexts[si]!;
      results.tensor(`scale/${k}`, integers([config.integer('text_maxlen') + realSi]));
      results.tensor(`time/${k}`, integers(frameRange(start, end)));
      results.tensor(`height/${k}`, integers(gridRows(h, full[0])));
      results.tensor(`width/${k}`, integers(gridRows(w, full[1])));
    }
    return Promise.resolve();
  },
};

/** Which segment of a packed training sequence sees which: scales of all samples, then their texts. */
const trainingMask: Kind = {
  kind: 'training_mask',
  steps: { '': 'T7' },
  run({ config }, _b, results) {
    const samples = config.objects('samples').map((sample) => clipContexts(scheduleOf(sample)).map(({ references }) => references));
    const visible = visibleSegments(samples);
    const values = Uint8Array.from(visible.flat(), Number);
    results.tensor('visible', hostTensor(values, [visible.length, visible.length]));
    return Promise.resolve();
  },
};

function scheduleOf(config: Fields): Schedule {
  return scheduleFrom(scalesFrom(config.unknown('schedule'), `${config.where}.schedule`), config.integer('scales_in_one_clip'));
}

function integers(values: ArrayLike<number>): HostArray {
  return hostTensor(Int32Array.from(values), [values.length]);
}

/** All kinds of cases that a kit may hold. */
export const kitKinds: ReadonlyMap<string, Kind> = new Map([
  ...kinds,
  ...[ropePositions, trainingMask].map((kind) => [kind.kind, kind] as const),
]);
