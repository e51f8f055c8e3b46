import { hostTensor } from '../../array/host.ts';
import type { HostArray } from '../../array/host.ts';
import type { CheckpointValue } from '../../checkpoint/checkpoint.ts';
import { isDict, isList, isTensor, openCheckpoint } from '../../checkpoint/checkpoint.ts';
import type { StoredTensor } from '../../checkpoint/stored-tensor.ts';
import type { ElementValues } from '../../io/element-type.ts';
import { elementValues } from '../../io/element-type.ts';
import { ArgumentError } from '../../errors.ts';
import type { Kind, Results } from '../case.ts';

/** Reads a checkpoint in full and writes it down as the tagged tree of FORMAT.md. */
export const checkpointKind: Kind = {
  kind: 'checkpoint',
  steps: {},
  async run(c, _b, results) {
    const checkpoint = await openCheckpoint(c.file('file'));
    try {
      // The order of safetensors is no part of the result: that of the expected tree is taken.
      const order = checkpoint.format === 'safetensors' ? keysOf(c.json['value']) : [];
      results.json('value', await tree(sorted(checkpoint.value, order), results, { next: 0 }));
      if (c.jsonOutputs.includes('metadata')) results.json('metadata', Object.fromEntries(checkpoint.metadata));
    } finally {
      await checkpoint.close();
    }
  },
};

function keysOf(expected: unknown): unknown[] {
  const { items } = expected as { items: readonly (readonly [{ v: unknown }, unknown])[] };
  return items.map(([key]) => key.v);
}

function sorted(value: CheckpointValue, order: readonly unknown[]): CheckpointValue {
  if (order.length === 0 || !isDict(value)) return value;
  const entries = [...value.entries].sort(([a], [b]) => order.indexOf(a) - order.indexOf(b));
  return { ...value, entries: new Map(entries) };
}

async function tree(value: CheckpointValue, results: Results, tensors: { next: number }): Promise<unknown> {
  if (isTensor(value)) return tensorTree(value, results, tensors);
  if (isDict(value)) {
    const items: unknown[] = [];
    for (const [key, item] of value.entries) items.push([constant(key), await tree(item, results, tensors)]);
    return { t: 'dict', items, ...(value.ordered ? { ordered: true } : {}) };
  }
  if (isList(value)) {
    const items: unknown[] = [];
    for (const item of value.items) items.push(await tree(item, results, tensors));
    return { t: value.kind, items };
  }
  return constant(value);
}

function constant(value: CheckpointValue): unknown {
  switch (typeof value) {
    case 'bigint': return { t: 'int', v: String(value) };
    case 'number': return { t: 'float', v: pythonFloat(value) };
    case 'string': return { t: 'str', v: value };
    case 'boolean': return { t: 'bool', v: value };
    default:
      if (value === null) return { t: 'none' };
      throw new ArgumentError('value', 'a constant', value);
  }
}

async function tensorTree(tensor: StoredTensor, results: Results, tensors: { next: number }): Promise<unknown> {
  const { type: dtype, shape, parameter } = tensor;
  const description = { t: 'tensor', dtype, shape: [...shape], ...(parameter ? { parameter: true } : {}) };
  const values = elementValues(dtype, await tensor.bytes());
  const array = asArray(values, dtype === 'bool' || dtype === 'uint8', shape);
  if (array === undefined) return { ...description, values: Array.from<number | bigint, string>(values, text) };
  const npz = `tensor${tensors.next}`;
  tensors.next += 1;
  results.tensor(npz, array);
  return { ...description, npz };
}

/** As the golden files store it; nothing if that cannot hold the values. 0-d tensors are stored as one element. */
function asArray(values: ElementValues, isByte: boolean, shape: readonly number[]): HostArray | undefined {
  const stored = shape.length === 0 ? [1] : shape;
  if (isByte) return hostTensor(Uint8Array.from(values as Uint8Array), stored);
  const numbers = Array.from<number | bigint, number>(values, Number);
  if (values instanceof Float32Array || values instanceof Float64Array) {
    return numbers.every(Number.isFinite) ? hostTensor(Float32Array.from(numbers), stored) : undefined;
  }
  return numbers.every((number) => number === (number | 0)) ? hostTensor(Int32Array.from(numbers), stored) : undefined;
}

function text(value: number | bigint): string {
  return typeof value === 'bigint' ? String(value) : pythonFloat(value);
}

/** As Python's repr writes a float: the shortest digits, as JavaScript, but with other rules for the exponent. */
function pythonFloat(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const [digits = '0', exponent = '0'] = Math.abs(value).toExponential().split('e');
  const power = Number(exponent);
  if (power < -4 || power >= 16) {
    return `${sign}${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
  }
  const plain = Math.abs(value).toFixed(Math.max(1, digits.replace('.', '').length - 1 - power));
  return sign + plain;
}
