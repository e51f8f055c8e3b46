/**
 * Spec Q5: bits → features.
 *
 *     clip c = Σ over its steps of trilinear(codes of the step's bits),   features = clips in time order
 *
 * Stopping after n scales shows what the later ones add (Fig. 6); clips that have not begun by then are left out.
 *
 * Paper §3.3, Fig. 6. Official: schedules/infinity_elegant.py:video_decode, `trunc_scales`.
 */

import type { HostBits } from '../array/host.ts';
import type { Backend, Tensor } from '../backend/backend.ts';
import { ArgumentError } from '../errors.ts';
import type { Schedule } from '../pyramid/schedule.ts';
import { emptyCode, upsampledCodes } from './running-code.ts';
import type { Quantizer } from './vocabulary.ts';

/** What one step of generation or encoding chose. */
export interface StepBits {
  /** Index of its scale. */
  readonly si: number;
  /** (B, t, h, w, d) */
  readonly bits: HostBits;
}

/**
 * @param steps in any number per scale: repetitions, or none for a dropped scale (Q6).
 * @param scales decode only steps of the first `scales` scales of the schedule.
 * @returns (B, C, T, H, W)
 * @throws ArgumentError if a clip that has begun has no steps; ShapeError if bits do not fit their scale.
 */
export async function residualDecode(
  b: Backend,
  quantizer: Quantizer,
  schedule: Schedule,
  steps: readonly StepBits[],
  scales = schedule.scales.length,
): Promise<Tensor> {
  if (!Number.isInteger(scales) || scales < 1 || scales > schedule.scales.length) {
    throw new ArgumentError('scales', `an integer from 1 to ${schedule.scales.length}`, scales);
  }
  const clips: Tensor[] = []; // (B, C, t, H, W) each
  for (let clip = 0; clip * schedule.scalesPerClip < scales; clip++) {
    const own = steps.filter(({ si }) => si < scales && Math.floor(si / schedule.scalesPerClip) === clip);
    if (own.length === 0) throw new ArgumentError('steps', `bits of clip ${clip}`, 'none');
    clips.push(await b.scope(`clip${clip}`, (inner) => decodeClip(inner, quantizer, schedule, clip, own)));
  }
  return b.concat(clips, 2); // (B, C, T, H, W)
}

async function decodeClip(
  b: Backend,
  quantizer: Quantizer,
  schedule: Schedule,
  clip: number,
  steps: readonly StepBits[],
): Promise<Tensor> {
  let code = emptyCode(b, quantizer, schedule, clip, steps[0].bits.shape[0]); // (B, C, t, H, W)
  for (const [k, { si, bits }] of steps.entries()) {
    const next = await b.scope(`step${k}`, (inner) => {
      return Promise.resolve(inner.add(code, upsampledCodes(inner, quantizer, schedule, si, bits)));
    });
    b.free(code);
    code = next;
  }
  return code;
}
