/**
 * Globals that PyTorch's own safe loader permits (torch/_weights_only_unpickler.py:_get_allowed_globals) and that are no
 * tensors to be read: constants such as torch.device('cpu'), and tensors of kinds that only PyTorch can put together. NumPy's
 * scalars and arrays are with them, for training scripts save them. Nothing of them is run: each is shown as it is written.
 */

import type { PickleValue } from './pickle-values.ts';
import { PickleDict, PickleFunction, PickleList, PickleOpaque, PickleTuple } from './pickle-values.ts';
import { Storage, TorchTensor } from './torch-values.ts';

const CONSTANTS = [
  ...['per_tensor_affine', 'per_channel_affine', 'per_tensor_symmetric', 'per_channel_symmetric', 'per_channel_affine_float_qparams'],
  ...['float8_e4m3fnuz', 'float8_e5m2fnuz', 'float8_e8m0fnu', 'float4_e2m1fn_x2', 'bits8', 'bits16', 'bits1x8', 'bits2x4', 'bits4x2'],
  ...[1, 2, 3, 4, 5, 6, 7].flatMap((bits) => [`int${bits}`, `uint${bits}`]),
].map((name) => `torch.${name}`);

const CALLED = [
  'torch.Size', 'torch.device', 'torch.serialization._get_layout', 'torch.Tensor', 'torch.nn.parameter.Parameter', 'torch.nn.parameter.Buffer',
  'collections.Counter', '_codecs.encode',
  ...['bytearray', 'set', 'complex', 'frozenset'].flatMap((name) => [`builtins.${name}`, `__builtin__.${name}`]),
  ...[
    'qtensor', 'sparse_tensor', 'sparse_csr_tensor', 'nested_tensor', 'meta_tensor_no_storage', 'wrapper_subclass', 'mkldnn_tensor',
    'device_tensor_from_numpy', 'device_tensor_from_cpu_tensor',
  ].map((kind) => `torch._utils._rebuild_${kind}`),
  ...['numpy.core', 'numpy._core'].flatMap((module) => [`${module}.multiarray.scalar`, `${module}.multiarray._reconstruct`]),
  'numpy.dtype', 'numpy.ndarray',
];

const MOST_CHARACTERS = 120;

/** Name → what stands for it. */
export function opaqueGlobals(): Map<string, PickleOpaque | PickleFunction> {
  return new Map<string, PickleOpaque | PickleFunction>([
    ...CONSTANTS.map((name) => [name, new PickleOpaque(name)] as const),
    ...CALLED.map((name) => [name, opaqueFunction(name)] as const),
  ]);
}

/** Gives what it is called with, written down. */
export function opaqueFunction(name: string): PickleFunction {
  return new PickleFunction(name, (args) => new PickleOpaque(`${name}(${args.slice(0, 8).map(written).join(', ')})`));
}

/** As Python would write it, shortened. */
function written(value: PickleValue): string {
  if (typeof value === 'string') return `'${shortened(value)}'`;
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (value instanceof PickleTuple) {
    return `(${value.items.slice(0, 8).map((item) => (item instanceof PickleTuple ? '…' : written(item))).join(', ')})`;
  }
  if (value instanceof PickleOpaque) return shortened(value.text);
  if (value instanceof PickleFunction) return value.name;
  if (value instanceof TorchTensor) return 'a tensor';
  if (value instanceof Storage) return 'a storage';
  if (value instanceof PickleDict) return '{…}';
  if (value instanceof PickleList) return '[…]';
  if (typeof value === 'object') return value instanceof Uint8Array ? `${value.length} bytes` : '…';
  return String(value);
}

function shortened(text: string): string {
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS - 1)}…` : text;
}
