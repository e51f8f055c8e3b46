/**
 * One step: one forward pass over one repetition of one scale.
 *
 *   tokens = embed(area(S))                     S the running code of the clip; zeros at its start    S2, S7, S8
 *   logits = head(blocks(tokens | past))        semantic or detail head                               S3, T6
 *   bits   = draw(guide(logits / τ), u)         or the forced ones                                    S4, S5, S9
 *   S      ← S + trilinear(codes(bits))                                                               S6
 *
 * The logits are read, once; guidance and drawing happen on the host in doubles.
 *
 * Source: models/infinity.py:ar_infer_infinity_elegant (loop over repetitions). Spec S2–S7, S9.
 */

import { hostTensor, rowMajor, sameShape, sizeOf } from '../array/host.ts';
import type { HostBits, HostTensor } from '../array/host.ts';
import type { Backend, Tensor } from '../backend/backend.ts';
import { ShapeError } from '../errors.ts';
import type { ScaleContext } from '../pyramid/clips.ts';
import type { Step } from '../pyramid/repetition.ts';
import { fromScale } from '../quantizer/change-width.ts';
import { codesOf } from '../quantizer/codes.ts';
import { fullSize, networkInput } from '../quantizer/running-code.ts';
import type { Quantizer } from '../quantizer/vocabulary.ts';
import { vocabularyOf } from '../quantizer/vocabulary.ts';
import { frameRange, visualRope } from '../rope/visual-rope.ts';
import { embedCodes } from '../transformer/embed.ts';
import { logits } from '../transformer/heads.ts';
import type { Head } from '../transformer/shapes.ts';
import type { KeyValue } from '../transformer/self-attention.ts';
import { ropeConfig, runBlocks } from '../transformer/transformer.ts';
import type { Transformer } from '../transformer/transformer.ts';
import { maskOf, spreadBits, takeNumbers, takeRope, takeTokens } from './fast-star.ts';
import { rowsOf } from './prefill.ts';
import type { SampleRequest } from './request.ts';
import { drawStep, guideStep } from './rules.ts';
import type { Uniforms } from './uniforms.ts';

/** What a step computed, on the host. */
export interface StepResult {
  /** Head output before temperature, (rows, L, 2·bits): row 0 the prompt, row 1 the null or negative prompt. */
  readonly logits: HostTensor;
  /** After temperature and guidance: L·bits pairs. */
  readonly guided: Float64Array;
  /** One label for every bit, flat over (token, bit). */
  readonly sampled: Uint8Array;
  /** The bits that count, sampled or forced: (1, t, h, w, d). */
  readonly bits: HostBits;
  readonly forced: boolean;
}

/** What stays the same over a run. */
export interface Run {
  readonly model: Transformer;
  readonly quantizer: Quantizer;
  readonly request: Omit<SampleRequest, 'text'>;
  /** Of each of N samples that are made together. */
  readonly uniforms: readonly Uniforms[];
}

export interface StepInput {
  readonly step: Step;
  /** Where the scale lies in time, and what it refers to. */
  readonly context: ScaleContext;
  /** (N, C, t, H, W): the clip's running codes before the step. */
  readonly code: Tensor;
  /** For every block, what the scale sees besides itself. */
  readonly past: readonly (readonly KeyValue[])[];
  /** Whether to return the step's keys and values. */
  readonly keep: boolean;
  /** Cells that go through the network (fast-star.ts); all unless given. */
  readonly cells?: Int32Array;
}

export interface StepOutput {
  /** (N, C, t, H, W): the clip's running codes after the step. */
  readonly code: Tensor;
  /** Keys and values per block; empty unless wanted. */
  readonly kept: readonly KeyValue[];
  /** Of each sample. */
  readonly results: readonly StepResult[];
}

/** @throws ShapeError if forced bits do not fit the scale. */
export async function sampleStep(b: Backend, run: Run, input: StepInput): Promise<StepOutput> {
  const { step, context, code, past, keep, cells } = input;
  const { model, quantizer, request } = run;
  const { schedule } = request;
  const scale = schedule.scales[step.si]; // (t, h, w)
  const seen = networkInput(b, code, scale); // (N, C, t, h, w)
  const whole = await embedCodes(b, model, seen, rowsOf(request)); // (N·rows, L, C)
  const table = visualRope(ropeConfig(model.config), {
    realSi: step.realSi,
    frames: frameRange(context.start, context.end),
    size: [scale[1], scale[2]],
    fullSize: fullSize(schedule),
  }); // (2, L, D/2)
  const tokens = cells === undefined ? whole : takeTokens(b, whole, cells);
  const rope = b.upload(cells === undefined ? table : takeRope(table, cells));
  const { hidden, kept } = await runBlocks(b, model, { tokens, rope, past, keep }); // (N·rows, L, C)
  const raw = await logits(b, model, hidden, headOf(run, step)); // (N·rows, L, 2·bits)
  const values = await b.read(raw);
  const results = run.uniforms.map((uniforms, i) => {
    return chooseBits(partOf(values, i, run.uniforms.length), run, uniforms, step, cells);
  });

  const all = codesOf(b, together(results.map(({ bits }) => bits))); // (N, d, t, h, w)
  const codes = cells === undefined ? all : b.mul(all, b.upload(maskOf(cells, scale)));
  const vocabulary = vocabularyOf(quantizer.config, scale);
  const share = fromScale(b, quantizer, vocabulary, codes, fullSize(schedule)); // (N, C, t, H, W)
  return { code: b.add(code, share), kept, results };
}

/** The scale's index within its clip decides, not its number of tokens (spec T6). */
function headOf({ quantizer, request }: Run, step: Step): Head {
  const inner = step.si % request.schedule.scalesPerClip;
  return quantizer.config.use_two_stage_lfq === 1 && inner < request.semanticScales ? 'semantic' : 'detail';
}

/** The i-th of n equal parts along the first axis, without a copy. */
function partOf(values: HostTensor, i: number, n: number): HostTensor {
  if (n === 1) return values;
  const [rows, ...rest] = values.shape;
  const size = values.size / n;
  return hostTensor(rowMajor(values).subarray(i * size, (i + 1) * size), [rows / n, ...rest]);
}

/** (1, t, h, w, d) each → (N, t, h, w, d) */
function together(bits: readonly HostBits[]): HostBits {
  const [first] = bits;
  if (bits.length === 1) return first;
  const labels = new Uint8Array(bits.length * first.size);
  bits.forEach((one, i) => labels.set(rowMajor(one), i * first.size));
  return hostTensor(labels, [bits.length, ...first.shape.slice(1)]);
}

/** Guidance and drawing; forced bits replace the drawn ones, which are drawn all the same. */
function chooseBits(raw: HostTensor, { request }: Run, uniforms: Uniforms, step: Step, cells?: Int32Array): StepResult {
  const { schedule, cfg, tau, guidance, draw, forced } = request;
  const scale = schedule.scales[step.si];
  const guided = guideStep(raw, { tau: tau[step.si], scale: cfg[step.si], step }, guidance); // (L·bits·2)
  const width = raw.shape[2] / 2;
  const drawn = uniforms.next(sizeOf(scale) * width);
  const sampled = drawStep(draw, guided, cells === undefined ? drawn : takeNumbers(drawn, cells, width), step); // (L·bits)
  if (cells !== undefined) return { logits: raw, guided, sampled, bits: spreadBits(sampled, cells, scale, width), forced: false };
  if (forced === undefined || step.si >= forced.scales) {
    return { logits: raw, guided, sampled, bits: hostTensor(sampled, [1, ...scale, width]), forced: false };
  }
  const bits = forced.bits[step.realSi];
  if (bits === undefined || !sameShape(bits.shape.slice(0, 4), [1, ...scale])) {
    throw new ShapeError(`forced.bits[${step.realSi}]`, `bits of shape [1, ${scale.join(', ')}, d]`, bits?.shape);
  }
  return { logits: raw, guided, sampled, bits, forced: true };
}
