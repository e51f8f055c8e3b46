/** One step drawn again with other guidance or temperature: the same logits of the head, the same uniforms. Spec S4, S5. */

import { decodeBits, drawBits, guide, hostTensor } from '../../src/browser.ts';
import type { HostTensor, MemoryTrace, Model, Schedule } from '../../src/browser.ts';
import type { GuidanceSettings, Redrawn, StepInfo } from './protocol.ts';
import type { DrawnStep } from './steps.ts';
import { filmOf } from './steps.ts';

export async function redrawStep(
  model: Model,
  schedule: Schedule,
  trace: MemoryTrace,
  infos: readonly Omit<StepInfo, 'milliseconds'>[],
  drawn: readonly DrawnStep[],
  index: number,
  { method, cfg, tau, threshold }: GuidanceSettings,
): Promise<Redrawn> {
  const started = performance.now();
  const { clip, scale, repeat, si } = infos[index];
  const logits = trace.get(`clip${clip}/scale${scale}/rep${repeat}/logits`) as HostTensor; // (rows, L, 2·bits)
  const rows = logits.shape[0];
  const guided = guide(logits, tau, rows === 1 ? 1 : cfg, method === 'cfg' ? { method } : { method, threshold, eta: 0 });
  const step = drawn[index];
  const bits = drawBits(guided, step.uniforms);
  const steps = [...drawn.slice(0, index), { si, bits: hostTensor(bits, step.bits.shape) }];
  const film = filmOf(await decodeBits(model, schedule, steps, { scales: si + 1, smooth: true }));
  return {
    bits: Uint8Array.from(bits),
    difference: Float64Array.from(bits, (_, i) => guided[2 * i + 1] - guided[2 * i]),
    changed: bits.filter((bit, i) => bit !== step.flat[i]).length,
    film,
    milliseconds: performance.now() - started,
  };
}
