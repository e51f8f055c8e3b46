/** Position in words, in golden outputs and in the stages of a kit. */

import type { Case } from '../conform/case.ts';
import { describePosition } from '../conform/position.ts';

const AXES: Readonly<Record<string, readonly string[]>> = {
  prefix: ['row (0 prompt, 1 null or negative)', 'token', 'channel'],
  rope: ['cos/sin', 'token', 'pair'],
  embed: ['row', 'token', 'channel'],
  attention: ['row', 'token', 'channel'],
  block: ['row', 'token', 'channel'],
  seen_keys: ['row', 'key head', 'key', 'element'],
};

/** @param index one index per axis of the output. */
export function whereIn(c: Case, output: string, index: readonly number[]): string {
  const match = /^stage\/(?:clip(\d+)\/scale(\d+)\/rep(\d+)|(text|semantic|detail))\/(.*)$/.exec(output);
  if (match === null) return describePosition(c, output, index);
  const [, clip, scale, repetition, segment, stage] = match;
  const place = segment === undefined ? `clip ${clip}, scale ${scale}, repetition ${repetition}` : `${segment} segment`;
  const block = /block(\d+)/.exec(stage)?.[1];
  const last = stage.split('/').at(-1)!;
  const names = AXES[last.replace(/\d+$/, '')] ?? [];
  const element = index.map((value, axis) => `${names[axis] ?? `axis ${axis}`} ${value}`).join(', ');
  return [place, ...(block === undefined ? [] : [`block ${block}`]), element].join(', ');
}
