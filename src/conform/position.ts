/** Says in words where in an output an element lies: clip, scale and repetition, then t, h, w, channel or bit. */

import type { Fields } from '../io/fields.ts';
import type { Case } from './case.ts';

/** @param index one index per axis of the output. */
export function describePosition(c: Case, output: string, index: readonly number[]): string {
  return [...stepWords(c, output), elementWords(c.kind, output, index)].join(', ');
}

/** `logits_raw/7` → clip, scale and repetition of the seventh executed step. */
function stepWords(c: Case, output: string): string[] {
  const k = Number(/\/(\d+)$/.exec(output)?.[1] ?? NaN);
  const steps = c.config.unknown('steps');
  if (!Number.isInteger(k) || !Array.isArray(steps) || !c.config.has('scales_in_one_clip')) return [];
  const step = output.startsWith('condition_bits')
    ? c.config.objects('steps').find((candidate) => candidate.number('real_si') === k)
    : c.config.objects('steps')[k];
  return step === undefined ? [] : [scaleWords(c.config, step)];
}

function scaleWords(config: Fields, step: Fields): string {
  const perClip = config.integer('scales_in_one_clip');
  const si = step.integer('si');
  return `clip ${Math.floor(si / perClip)}, scale ${si % perClip}, repetition ${step.integer('repeat')}`;
}

function elementWords(kind: string, output: string, index: readonly number[]): string {
  const names = axisNames(kind, output, index.length);
  return index.map((value, axis) => `${names[axis] ?? `axis ${axis}`} ${value}`).join(', ');
}

function axisNames(kind: string, output: string, rank: number): readonly string[] {
  const isBits = /(^|_)bits|^bits\d|^bit_indices/.test(output);
  if (rank === 1) return [isBits ? '(token, bit)' : 'element'];
  if (output.startsWith('logits_guided')) return ['batch', '(token, bit)', 'label'];
  if (output.startsWith('frames_u8')) return ['batch', 'frame', 'row', 'column', 'colour'];
  if (kind.startsWith('rope') && rank === 6) return ['cos/sin', '', '', '', 'token', 'pair'].map((name) => name || 'axis');
  if (rank === 5) return isBits ? ['batch', 't', 'h', 'w', 'bit'] : ['batch', 'channel', 't', 'h', 'w'];
  if (rank === 4) return ['batch', 'head', 'token', 'element'];
  if (rank === 3) return ['batch', 'token', 'channel'];
  return ['row', 'column'];
}
