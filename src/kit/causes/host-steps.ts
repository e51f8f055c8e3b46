/**
 * Causes in what runs on the host, tested by computing the step otherwise from the case's own values: guidance, draws,
 * bits, bytes, frequencies, buckets.
 */

import { hostTensor, rowMajor } from '../../array/host.ts';
import type { HostTensor } from '../../array/host.ts';
import type { Case } from '../../conform/case.ts';
import { sampleRequest } from '../../conform/sample-case.ts';
import { drawBits } from '../../sampler/draw.ts';
import { toBytes } from '../../sampler/frames.ts';
import { guide, projectedGuidance } from '../../sampler/guidance.ts';
import type { Guidance } from '../../sampler/guidance.ts';
import { relativePositionBucket } from '../../text/relative-position.ts';
import type { Candidate } from './fit.ts';
import { INTERLEAVED } from './other-ops.ts';
import { floatToBfloat, bfloatToFloat } from '../../array/half.ts';

/** What an output would be with each cause that its step can have. */
export function hostCandidates(c: Case, output: string): Candidate[] {
  const [, name, k] = /^([a-z_]+)(?:\/?(\d+))?$/.exec(output) ?? [];
  if (c.kind.startsWith('sample')) {
    if (name === 'logits_guided') return guidanceCandidates(c, Number(k));
    if (name === 'bits_sampled' || name === 'bits_used') return drawCandidates(c, name, Number(k));
    if (name === 'frames_u8') return byteCandidates(c.expected('video') as HostTensor);
  }
  if (c.kind === 'frames') return byteCandidates(c.input('video'));
  if (c.kind === 'projected_guidance') return projectedCandidates(c, Number(k));
  if (c.kind === 'gqa_attention' && output === 'k_repeated') return keyCandidates(c);
  if (c.kind === 't5_buckets') return bucketCandidates(c, Number(k));
  if (c.kind === 'rope_frequencies') return frequencyCandidates(c);
  if (c.kind === 'rope_tables') return tableCandidates(c, output);
  if (c.kind === 'rope_positions' && output === 'real_si') {
    return [['the real scale index counts executed repetitions, not scheduled ones', c.expected(output).shape[0] > 0 ? count(c.expected(output).shape[0]) : []]];
  }
  return [];
}

const count = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

function guidanceCandidates(c: Case, k: number): Candidate[] {
  const { tau, cfg, guidance } = sampleRequest(c);
  const si = c.config.objects('steps')[k].integer('si');
  const raw = c.expected(`logits_raw/${k}`) as HostTensor; // (rows, L, 2·bits)
  const [t, s] = [tau[si], cfg[si]];
  const candidate = (text: string, values: () => Float64Array): Candidate => [text, values()];
  const rows = raw.shape[0];
  const n = raw.size / rows;
  const values = rowMajor(raw);
  const swapped = (): HostTensor => hostTensor(values.map((_, i) => values[(i + n) % raw.size]), raw.shape);
  const scaled = (x: Float64Array, by: number): Float64Array => x.map((value) => value * by);
  const other = (change: Partial<Guidance>): Guidance => ({ ...guidance, ...change }) as Guidance;
  const found = [
    candidate('temperature multiplies instead of dividing', () => guide(raw, 1 / t, s, guidance)),
    candidate('the temperature is left out', () => guide(raw, 1, s, guidance)),
    candidate('temperature comes after guidance, not before', () => scaled(guide(raw, 1, s, guidance), 1 / t)),
  ];
  if (rows < 2 || s === 1) {
    if (rows === 2) found.push(candidate('guidance scale of another scale: this one has 1, none', () => guide(raw, t, cfg[0], guidance)));
    return found;
  }
  found.push(
    candidate('the rows of prompt and null text are swapped', () => guide(swapped(), t, s, guidance)),
    candidate('the guidance scale counts from 0: c + s·(c − u), one more than s·c + (1 − s)·u', () => guide(raw, t, s + 1, guidance)),
    candidate('the guidance scale of the first scale is used for all', () => guide(raw, t, cfg[0], guidance)),
  );
  if (guidance.method === 'cfg') return found;
  return [
    ...found,
    candidate('the parallel part is not taken away (η = 1)', () => guide(raw, t, s, other({ eta: 1 }))),
    candidate('the norm of APG is the sum over all logits, not their root mean square', () => {
      return guide(raw, t, s, other({ threshold: guidance.threshold / Math.sqrt(n) }));
    }),
  ];
}

function projectedCandidates(c: Case, i: number): Candidate[] {
  const item = c.config.objects('items')[i];
  const [scale, eta, threshold] = [item.number('guidance_scale'), item.number('eta'), item.number('norm_threshold')];
  const [cond, uncond] = ['cond', 'uncond'].map((name) => Float64Array.from(rowMajor(c.input(name)))) as [Float64Array, Float64Array];
  return [
    ['the rows of prompt and null text are swapped', projectedGuidance(uncond, cond, scale, { eta, threshold })],
    ['the parallel part is not taken away (η = 1)', projectedGuidance(cond, uncond, scale, { eta: 1, threshold })],
    ['the norm of APG is the sum over all logits, not their root mean square',
      projectedGuidance(cond, uncond, scale, { eta, threshold: threshold / Math.sqrt(cond.length) })],
    ['the guidance scale counts from 0: c + s·Δ, not c + (s − 1)·Δ', projectedGuidance(cond, uncond, scale + 1, { eta, threshold })],
  ];
}

function drawCandidates(c: Case, name: string, k: number): Candidate[] {
  const guided = Float64Array.from(rowMajor(c.expected(`logits_guided/${k}`)) as ArrayLike<number>);
  const uniforms = rowMajor(c.input(`uniforms/${k}`)) as ArrayLike<number>;
  const n = uniforms.length;
  const width = c.expected(`bits_used/${k}`).shape.at(-1)!;
  const found: Candidate[] = [
    ['the draw is taken the other way: bit = u < p(label 1)', drawBits(guided, Float64Array.from(uniforms, (u) => 1 - u))],
    ['uniforms are taken in the order bit before token', drawBits(guided, Float64Array.from(uniforms, (_, i) => uniforms[(i % width) * (n / width) + Math.floor(i / width)]))],
  ];
  const steps = c.config.objects('steps');
  for (const [j] of steps.entries()) {
    const others = rowMajor(c.input(`uniforms/${j}`)) as ArrayLike<number>;
    if (j !== k) found.push([`drawn with the uniforms of step ${j}`, drawBits(guided, Float64Array.from({ length: n }, (_, i) => others[i % others.length]))]);
  }
  const realSi = steps[k].integer('real_si');
  if (name === 'bits_used' && c.hasInput(`gt_bits/${realSi}`)) found.push(['given bits are taken beyond the given scales', rowMajor(c.bytes(`gt_bits/${realSi}`))]);
  return found;
}

function byteCandidates(video: HostTensor): Candidate[] {
  const half = hostTensor(Float32Array.from(rowMajor(video), (x) => x + 1 / 255), video.shape);
  return [
    ['bytes are rounded, not truncated', rowMajor(toBytes(half, { channels: 'bgr' }))],
    ['the channels are red first; golden frames have blue first', rowMajor(toBytes(video, { channels: 'rgb' }))],
    ['frame 0 is not overwritten by frame 1', rowMajor(toBytes(video, { channels: 'bgr', smooth: false }))],
  ];
}

/** Keys (B, KV, S, D) for every query head. */
function keyCandidates(c: Case): Candidate[] {
  const k = c.input('k');
  const [, kv, length, depth] = k.shape as [number, number, number, number];
  const [values, heads, inner] = [rowMajor(k), c.config.integer('heads'), length * depth];
  const repeated = Float32Array.from({ length: (values.length / kv) * heads }, (_, i) => {
    const head = Math.floor(i / inner) % heads;
    return values[(Math.floor(i / (inner * heads)) * kv + (head % kv)) * inner + (i % inner)];
  });
  return [[INTERLEAVED, repeated]];
}

function bucketCandidates(c: Case, i: number): Candidate[] {
  const item = c.config.objects('items')[i];
  const [from, to, buckets, most] = [c.config.integer('from'), c.config.integer('to'), item.integer('num_buckets'), item.integer('max_distance')];
  const positions = Array.from({ length: to - from + 1 }, (_, at) => from + at);
  const exact = buckets / 4;
  const at = (position: number): number => relativePositionBucket(position, buckets, most);
  return [
    ['the sign of the relative position is the other one: query minus key', positions.map((position) => at(-position))],
    ['the exact buckets end one too early', positions.map((x) => (Math.abs(x) === exact - 1 ? at(x) + 1 : at(x)))],
    ['positive distances do not take the upper half', positions.map((position) => at(-Math.abs(position)))],
  ];
}

/** Inverse frequencies as other programs have them. */
function otherFrequencies(right: ArrayLike<number>): readonly (readonly [string, Float32Array])[] {
  const n = right.length;
  const own = Float32Array.from(right);
  return [
    ['the exponent of the frequencies is 2i/n, not i/n', own.map((x) => x * x)],
    ['frequencies are rounded to bfloat16', bfloatToFloat(floatToBfloat(own))],
    ['the exponent of the frequencies is i/(n − 1)', own.map((_, i) => 10000 ** (-i / Math.max(1, n - 1)))],
  ];
}

function frequencyCandidates(c: Case): Candidate[] {
  return [...otherFrequencies(rowMajor(c.expected('inverse_frequencies')))];
}

/** Cosines, then sines (2, …, L, axes · n) of consecutive positions; the text's table turns on the first axis alone. */
function tableCandidates(c: Case, output: string): Candidate[] {
  const right = c.expected(output);
  const [length, pairs] = right.shape.slice(-2) as [number, number];
  const base = c.config.has('base') ? c.config.number('base') : 10000;
  const n = output === 'freqs_text' ? pairs / 4 : pairs;
  const first = output === 'freqs_scales' ? c.config.integer('text_maxlen') : 0;
  const inverse = Float32Array.from({ length: n }, (_, i) => base ** (-i / n));
  return otherFrequencies(inverse).map(([text, frequencies]) => {
    const angle = (row: number, pair: number): number => (pair < n ? (first + row) * frequencies[pair] : 0);
    const values = Float32Array.from({ length: right.size }, (_, i) => {
      const at = i % (length * pairs);
      const turn = angle(Math.floor(at / pairs), at % pairs);
      return i < length * pairs ? Math.cos(turn) : Math.sin(turn);
    });
    return [text, values] as const;
  });
}
