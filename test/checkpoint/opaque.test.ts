/** What is in a PyTorch file beside plain tensors hides none of them: it is shown, or read as PyTorch reads it. */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { zipSync } from 'fflate';
import { readCheckpoint } from '../../src/checkpoint/checkpoint.ts';
import { listCheckpoint } from '../../src/checkpoint/list.ts';
import { memorySource } from '../../src/io/byte-source.ts';
import { elementValues } from '../../src/io/element-type.ts';

const binary = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
const str = (text: string): string => `X${String.fromCharCode(text.length)}\0\0\0${text}`;
const int = (value: number): string => `K${String.fromCharCode(value)}`;
const global = (module: string, name: string): string => `c${module}\n${name}\n`;
const storage = (type: string, key: string, count: number): string => {
  return `(${str('storage')}${global('torch', type)}${str(key)}${str('cpu')}${int(count)}tQ`;
};

/** A tensor of one axis; `more` are its further arguments. */
const tensor = (type: string, key: string, count: number, more = '', rebuild = '_rebuild_tensor_v2'): string => {
  return `${global('torch._utils', rebuild)}(${storage(type, key, count)}K\0${int(count)}\x85K\x01\x85${more}tR`;
};
const HOOKS = `\x89${global('collections', 'OrderedDict')})R`;

async function listed(pickle: string, storages: Record<string, Uint8Array>) {
  const records = Object.fromEntries(Object.entries(storages).map(([key, bytes]) => [`x/data/${key}`, bytes]));
  const members = { 'x/data.pkl': binary(`\x80\x02}(${pickle}u.`), ...records };
  const { value } = await readCheckpoint(memorySource(zipSync(members, { level: 0 }), 'x.pt'));
  const { tensors, constants } = listCheckpoint(value);
  const read = await Promise.all(tensors.map(async ({ path, tensor: found }) => {
    const numbers = found.bytes().then((bytes) => [...elementValues(found.type, bytes)].map(Number));
    const values = await numbers.catch((error: unknown) => String(error));
    return [path, found.type, values] as const;
  }));
  return { read, constants: constants.map(({ path, value: text }) => `${path} = ${text}`) };
}

const floats = (...values: number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer);
const plain = `${str('a')}${tensor('FloatStorage', '0', 2, HOOKS)}`;

it.each([
  ['torch.device', `${global('torch', 'device')}${str('cpu')}\x85R`, "torch.device('cpu')"],
  ['torch.float16', global('torch', 'float16'), 'torch.float16'],
  ['torch.Size', `${global('torch', 'Size')}K\x02K\x03\x86\x85R`, 'torch.Size((2, 3))'],
  ['torch.per_tensor_affine', global('torch', 'per_tensor_affine'), 'torch.per_tensor_affine'],
  ['a set', `${global('__builtin__', 'set')}]K\x01a\x85R`, '__builtin__.set([…])'],
  ['a NumPy scalar', `${global('numpy.core.multiarray', 'scalar')}${global('numpy', 'dtype')}${str('f4')}\x89\x88\x87R(K\x03${str('<')}NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb${global('_codecs', 'encode')}${str('\0\0@@')}${str('latin1')}\x86R\x86R`,
    "numpy.core.multiarray.scalar(numpy.dtype('f4', False, True), _codecs.encode('\0\0@@', 'latin1'))"],
  ['a sparse tensor', `${global('torch._utils', '_rebuild_sparse_tensor')}${global('torch.serialization', '_get_layout')}${str('torch.sparse_coo')}\x85R${tensor('LongStorage', '1', 1, HOOKS)}\x86R`,
    "torch._utils._rebuild_sparse_tensor(torch.serialization._get_layout('torch.sparse_coo'), a tensor)"],
])('%s is shown, and the tensor beside it is read', async (_name, program, shown) => {
  const { read, constants } = await listed(`${plain}${str('b')}${program}`, { 0: floats(1, 3), 1: new Uint8Array(8) });
  expect(read).toEqual([['a', 'float32', [1, 3]]]);
  expect(constants).toEqual([`b = ${shown}`]);
});

it('a tensor of a type that is not read is listed by name, the others are read', async () => {
  const { read } = await listed(`${plain}${str('c')}${tensor('ComplexFloatStorage', '1', 1, HOOKS)}${str('q')}${tensor('QUInt8Storage', '2', 3, HOOKS)}`, {
    0: floats(1, 3), 1: new Uint8Array(8), 2: new Uint8Array(3),
  });
  expect(read).toEqual([
    ['a', 'float32', [1, 3]],
    ['c', 'complex64', 'FileError: x.pt: has a tensor of type complex64, which cannot be read'],
    ['q', 'quint8', 'FileError: x.pt: has a tensor of type quint8, which cannot be read'],
  ]);
});

it.each([
  ['DoubleStorage', 'float64', new Float64Array([1, -3])], ['FloatStorage', 'float32', new Float32Array([1, -3])],
  ['LongStorage', 'int64', new BigInt64Array([1n, -256n])], ['ShortStorage', 'int16', new Int16Array([256, -3])], ['CharStorage', 'int8', new Int8Array([1, -3])],
] as const)('a negated view of a %s has the other sign', async (type, name, values) => {
  const negated = `${HOOKS}}${str('neg')}\x88s`;
  const { read } = await listed(`${str('n')}${tensor(type, '0', 2, negated)}${str('p')}${tensor(type, '0', 2, `${HOOKS}}${str('neg')}\x89s`)}`, { 0: new Uint8Array(values.buffer) });
  expect(read).toEqual([['n', name, [...values].map((value) => -Number(value))], ['p', name, [...values].map(Number)]]);
});

it('a view with metadata that nobody knows is not read as if it had none', async () => {
  const { read, constants } = await listed(`${plain}${str('m')}${tensor('FloatStorage', '0', 2, `${HOOKS}}${str('twisted')}\x88s`)}`, { 0: floats(1, 3) });
  expect(read).toHaveLength(1);
  expect(constants).toEqual(['m = torch._utils._rebuild_tensor_v2(a tensor, twisted)']);
});

it('old, typed, parameter and attributed tensors are read', async () => {
  const untyped = `${global('torch._utils', '_rebuild_tensor_v3')}(${storage('UntypedStorage', '1', 4)}K\0K\x02\x85K\x01\x85${HOOKS}${global('torch', 'uint16')}tR`;
  const state = `${global('torch._utils', '_rebuild_parameter_with_state')}(${tensor('FloatStorage', '0', 2, HOOKS)}\x88${HOOKS.slice(1)}}tR`;
  const attributed = `${global('torch._tensor', '_rebuild_from_type_v2')}(${global('torch._utils', '_rebuild_tensor_v2')}${global('torch.nn.parameter', 'Parameter')}(${storage('FloatStorage', '0', 2)}K\0K\x02\x85K\x01\x85${HOOKS}t}tR`;
  const { read } = await listed(`${str('o')}${tensor('FloatStorage', '0', 2, '', '_rebuild_tensor')}${str('u')}${untyped}${str('s')}${state}${str('t')}${attributed}`, {
    0: floats(1, 3), 1: new Uint8Array(Uint16Array.of(7, 65535).buffer),
  });
  expect(read).toEqual([['o', 'float32', [1, 3]], ['u', 'uint16', [7, 65535]], ['s', 'float32', [1, 3]], ['t', 'float32', [1, 3]]]);
});

it('what a pickle makes is within the budget of its file', async () => {
  await expect(listed(`${str('a')}(${'}'.repeat(300_000)}t`, {})).rejects.toThrow('its pickle would take');
  await expect(listed(`${str('a')}${'('.repeat(300_000)}`, {})).rejects.toThrow('its pickle would take');
});

it('arguments of any kind are written down in bounded length', async () => {
  const parts = fc.array(fc.constantFrom('N', '\x88', int(9), str('long '.repeat(30)), ']', '}', ')', `${global('torch', 'Size')})R`, global('torch', 'int8')), { maxLength: 30 });
  await fc.assert(fc.asyncProperty(parts, async (args) => {
    const { constants } = await listed(`${str('a')}${global('torch', 'device')}(${args.join('')}tR`, {});
    expect(constants[0].length).toBeLessThan(1200);
  }), { numRuns: 100 });
});
