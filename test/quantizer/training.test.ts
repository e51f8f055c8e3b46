/** What the quantizer hands to transformer training (L1, L2): inputs, labels and flipped bits of the golden steps. */

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { referenceBackend } from '../../reference/backend.ts';
import type { HostBits } from '../../src/array/host.ts';
import { residentWeights } from '../../src/backend/weights.ts';
import { hostTensor, rowMajor } from '../../src/array/host.ts';
import { compare } from '../../src/conform/compare.ts';
import { findCases, loadCase } from '../../src/conform/load.ts';
import { expandSteps } from '../../src/pyramid/repetition.ts';
import { scalesFrom } from '../../src/pyramid/scales.ts';
import { scheduleFrom } from '../../src/pyramid/schedule.ts';
import { residualEncode } from '../../src/quantizer/residual-encode.ts';
import { flipBits } from '../../src/quantizer/self-correction.ts';
import type { Quantizer } from '../../src/quantizer/vocabulary.ts';

const cases = findCases(join(import.meta.dirname, '../../fixtures/golden/training'))
  .map(loadCase)
  .filter((c) => c.kind === 'train_step');

describe('inputs and labels for training', () => {
  it.each(cases.map((c) => [c.id, c] as const))('%s', async (_id, c) => {
    const b = referenceBackend();
    const model = c.config.child('model');
    const selectRepeat = c.input('select_repeat').data;
    const strengths = c.input('strength_integer').data;
    const packing = c.config.unknown('packing_used') as unknown[];
    const optional = (key: string, otherwise: 0 | 1): 0 | 1 => (c.config.has(key) ? c.config.flag(key) : otherwise);
    let flips = 0;
    let scalesBefore = 0;
    const tokens: number[] = [];
    const labels: HostBits[] = [];
    const flipped: HostBits[] = [];
    for (const [sample, list] of (c.config.unknown('sample_schedules') as unknown[]).entries()) {
      const schedule = scheduleFrom(scalesFrom(list, 'schedule'), c.config.integer('scales_in_one_clip'));
      const steps = expandSteps(schedule, {
        image_scale_repetition: model.numbers('image_scale_repetition'),
        video_scale_repetition: model.numbers('video_scale_repetition'),
      });
      const features = b.upload(c.input(`features/${sample}`)); // (1, C, T, H, W)
      const quantizer: Quantizer = {
        channels: features.shape[1],
        config: {
          use_two_stage_lfq: model.flag('use_two_stage_lfq'),
          semantic_scale_dim: model.integer('semantic_scale_dim'),
          detail_scale_dim: model.integer('detail_scale_dim'),
          detail_scale_min_tokens: model.integer('detail_scale_min_tokens'),
          use_learnable_dim_proj: optional('use_learnable_dim_proj', 0),
        },
        projections: await residentWeights(b, c.weights()).load(b, ''),
      };
      const encoding = await residualEncode(b, quantizer, schedule, steps, features, {
        keepTensors: () => true,
        requant: optional('noise_apply_requant', 1),
        boost: optional('inner_scale_boost', 0),
        corrupt(bits, { si }) {
          if (c.config.has('noise_apply_layers') && si >= c.config.integer('noise_apply_layers')) return bits;
          const uniforms = hostTensor(rowMajor(c.input(`mask_uniforms/${flips}`)), bits.shape);
          return flipBits(bits, uniforms, strengths[flips++] * 0.01);
        },
      });
      const used = chosenScales(schedule.scales, scalesFrom(packing[sample], 'packing_used'));
      for (const step of encoding.steps) {
        if (!used.has(step.si) || selectRepeat[scalesBefore + step.si] !== step.repeat) continue;
        labels.push(step.bits);
        flipped.push(step.corrupted);
        tokens.push(...rowMajor(await b.read(b.permute(step.input!, [0, 2, 3, 4, 1])))); // (1, t, h, w, C)
      }
      scalesBefore += schedule.scales.length;
    }
    expect(flips).toBe(c.inputs.filter((name) => name.startsWith('mask_uniforms/')).length);
    for (const output of c.outputs) {
      const [group, index] = output.name.split('/') as [string, string?];
      const got = {
        input_tokens: () => hostTensor(Float32Array.from(tokens), output.shape),
        gt: () => hostTensor(rowMajor(labels[Number(index)]), output.shape),
        flipped_bits: () => flipped[Number(index)],
      }[group];
      if (got === undefined) continue;
      expect(compare(output, got(), c.expected(output.name))).toMatchObject({ name: output.name, passed: true });
    }
    expect(labels).toHaveLength(c.outputs.filter(({ name }) => name.startsWith('gt/')).length);
  });
});

/** Indices of `part` in `whole`, of which it is a subsequence. */
function chosenScales(whole: readonly (readonly number[])[], part: readonly (readonly number[])[]): Set<number> {
  const chosen = new Set<number>();
  let next = 0;
  for (const [si, scale] of whole.entries()) {
    if (next < part.length && String(scale) === String(part[next])) {
      chosen.add(si);
      next += 1;
    }
  }
  return chosen;
}
