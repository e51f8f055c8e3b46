/** Two traces side by side, and traces in memory: the same values as in files. */

import { expect, it } from 'vitest';
import { hostTensor } from '../../src/array/host.ts';
import { compareTraces } from '../../src/trace/compare.ts';
import type { StageDifference } from '../../src/trace/compare.ts';
import { memoryTrace } from '../../src/trace/memory.ts';
import type { TraceReader } from '../../src/trace/read.ts';

function traceOf(values: Readonly<Record<string, readonly [shape: readonly number[], ...numbers: number[]]>>): TraceReader {
  const plain = { step: 'T6', dtype: 'float32', min: 0, max: 0, mean: 0, std: 0, notFinite: 0 };
  return {
    header: {},
    stages: Object.entries(values).map(([name, [shape]]) => ({ name, shape, ...plain })),
    value: async (name) => {
      const [shape, ...numbers] = values[name];
      return hostTensor(Float32Array.from(numbers), shape);
    },
  };
}

it('tells where two traces first part, by how much, and what one of them lacks', async () => {
  const a = traceOf({ one: [[2], 1, 2], two: [[2, 2], 1, 2, 3, 4], three: [[1], NaN], four: [[1], 0], five: [[2], 0, 0] });
  const b = traceOf({ one: [[2], 1, 2], two: [[2, 2], 1, 2, 3.5, 3], three: [[1], NaN], five: [[1], 0] });
  const lines: StageDifference[] = [];
  for await (const line of compareTraces(a, b)) lines.push(line);
  expect(lines.map(({ name, status }) => `${name} ${status}`)).toEqual(['one equal', 'two differs', 'three equal', 'four missing', 'five shape']);
  expect(lines[1]).toMatchObject({ largest: 1, count: 2, first: [1, 0], values: [3, 3.5] });
});

it('counts a number against none as infinitely far', async () => {
  const lines: StageDifference[] = [];
  for await (const line of compareTraces(traceOf({ x: [[1], NaN] }), traceOf({ x: [[1], 1] }))) lines.push(line);
  expect(lines[0]).toMatchObject({ status: 'differs', largest: Infinity });
});

it('says that a trace in memory has no such stage', () => expect(() => memoryTrace({}).get('logits')).toThrow(/a stage of the trace/));
