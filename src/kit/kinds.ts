/** Kinds of cases that only kits have: integers that the golden cases show no more than in tables of cosines. */

import type { HostArray } from '../array/host.ts';
import { hostTensor } from '../array/host.ts';
import type { Kind } from '../conform/case.ts';
import { kinds } from '../conform/kinds/index.ts';
import type { Fields } from '../io/fields.ts';
import { parseQuantizer } from '../model/directory.ts';
import { clipContexts } from '../pyramid/clips.ts';
import { expandSteps } from '../pyramid/repetition.ts';
import { baseScales, RATIO_TABLE, scalesFrom } from '../pyramid/scales.ts';
import { scheduleFrom } from '../pyramid/schedule.ts';
import type { Schedule } from '../pyramid/schedule.ts';
import { fullSize } from '../quantizer/running-code.ts';
import { vocabularyOf } from '../quantizer/vocabulary.ts';
import { inverseFrequencies } from '../rope/frequencies.ts';
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
      const [, h, w] = schedule.scales[si];
      const { start, end } = contexts[si];
      results.tensor(`scale/${k}`, integers([config.integer('text_maxlen') + realSi]));
      results.tensor(`time/${k}`, integers(frameRange(start, end)));
      results.tensor(`height/${k}`, integers(gridRows(h, full[0])));
      results.tensor(`width/${k}`, integers(gridRows(w, full[1])));
    }
    return Promise.resolve();
  },
};

/** Sides of the base scales for every aspect ratio, (n, 2) each: rows, columns. */
const baseScaleSizes: Kind = {
  kind: 'base_scales',
  steps: { '': 'P1' },
  run({ config }, _b, results) {
    for (const { ratio } of RATIO_TABLE) {
      const sizes = baseScales(ratio, config.string('pn'));
      results.tensor(`sizes/${ratio}`, hostTensor(Int32Array.from(sizes.flat()), [sizes.length, 2]));
    }
    return Promise.resolve();
  },
};

/** Bits a token at every scale. */
const vocabularies: Kind = {
  kind: 'vocabularies',
  steps: { '': 'Q3' },
  run({ config }, _b, results) {
    const quantizer = parseQuantizer(config);
    results.tensor('bits_per_token', integers(scheduleOf(config).scales.map((scale) => vocabularyOf(quantizer, scale).width)));
    return Promise.resolve();
  },
};

/** Inverse frequencies of one axis, (head_dim/8). */
const ropeFrequencies: Kind = {
  kind: 'rope_frequencies',
  steps: { '': 'R1' },
  run({ config }, _b, results) {
    const head = { head_dim: config.integer('head_dim'), text_maxlen: 1 };
    const frequencies = inverseFrequencies(head);
    results.tensor('inverse_frequencies', hostTensor(frequencies, [frequencies.length]));
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
  ...[baseScaleSizes, ropePositions, ropeFrequencies, vocabularies, trainingMask].map((kind) => [kind.kind, kind] as const),
]);
