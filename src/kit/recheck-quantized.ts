/** Residuals, bits and sums of a quantization as they follow from the port's own bits of the steps before. */

import { hostTensor, rowMajor } from '../array/host.ts';
import type { HostArray } from '../array/host.ts';
import type { Backend, Tensor } from '../backend/backend.ts';
import { residentWeights } from '../backend/weights.ts';
import type { Case } from '../conform/case.ts';
import { quantizationOf } from '../conform/quantization-case.ts';
import { clipContexts } from '../pyramid/clips.ts';
import { toScale } from '../quantizer/change-width.ts';
import { residualDecode } from '../quantizer/residual-decode.ts';
import type { StepBits } from '../quantizer/residual-decode.ts';
import type { Schedule } from '../pyramid/schedule.ts';
import type { Quantizer } from '../quantizer/vocabulary.ts';
import { vocabularyOf } from '../quantizer/vocabulary.ts';
import type { PortArray } from './results.ts';

export async function recheckQuantized(
  c: Case,
  b: Backend,
  got: ReadonlyMap<string, PortArray>,
  output: string,
): Promise<HostArray | undefined> {
  const [, name, k] = /^(residual|bits)\/(\d+)$/.exec(output) ?? [];
  if (name === 'bits') return bitsOf(got.get(`residual/${k}`));
  const { schedule, steps, quantizer } = quantizationOf(c, await residentWeights(b, c.weights()).load(b, ''));
  const own = steps.map(({ si }, i) => ({ si, bits: got.get(`bits/${i}`) }));
  const before = output === 'summed_codes' ? own : own.slice(0, Number(k));
  const known = before.flatMap(({ si, bits }) => {
    return bits === undefined ? [] : [{ si, bits: hostTensor(Uint8Array.from(bits.values), bits.shape) }];
  });
  if (known.length < before.length || (name === undefined && output !== 'summed_codes')) return undefined;
  if (output === 'summed_codes') return b.read(await residualDecode(b, quantizer, schedule, known));
  const { si } = steps[Number(k)];
  const contexts = clipContexts(schedule);
  const { clip, start, end } = contexts[si];
  const target = b.slice(b.upload(c.input('features')), 2, start, end); // (B, C, t, H, W)
  const earlier = known.filter((step) => contexts[step.si].clip === clip);
  const rest = earlier.length === 0 ? target : b.sub(target, await codesOfClip(b, quantizer, schedule, earlier, si));
  const [, h, w] = schedule.scales[si];
  return b.read(toScale(b, quantizer, vocabularyOf(quantizer.config, schedule.scales[si]), rest, [h, w]));
}

/** The clip's running code: its own steps, as if it stood alone. (B, C, t, H, W) */
function codesOfClip(
  b: Backend,
  quantizer: Quantizer,
  schedule: Schedule,
  steps: readonly StepBits[],
  si: number,
): Promise<Tensor> {
  const first = si - (si % schedule.scalesPerClip);
  const alone = { ...schedule, scales: schedule.scales.slice(first, first + schedule.scalesPerClip) };
  return residualDecode(b, quantizer, alone, steps.map((step) => ({ ...step, si: step.si - first })));
}

function bitsOf(residual: PortArray | undefined): HostArray | undefined {
  if (residual === undefined) return undefined;
  const x = hostTensor(Float32Array.from(residual.values), residual.shape); // (B, d, t, h, w)
  const last = x.transpose(0, 2, 3, 4, 1); // (B, t, h, w, d)
  return hostTensor(Uint8Array.from(rowMajor(last), (value) => (value > 0 ? 1 : 0)), last.shape);
}
