/**
 * The globals that a PyTorch file may name, all of them: OrderedDict, the storage types, the functions that put tensors
 * together, and constants that are only shown (torch-opaque.ts). Whatever else a pickle names is refused, used or not.
 */

import { FileError, show } from '../errors.ts';
import type { ElementType } from '../io/element-type.ts';
import { ELEMENT_SIZES, isUnreadable } from '../io/element-type.ts';
import type { PickleEnvironment } from './pickle.ts';
import type { PickleObject, PickleValue } from './pickle-values.ts';
import { PickleDict, PickleFunction, PickleOpaque, PickleTuple } from './pickle-values.ts';
import { opaqueFunction, opaqueGlobals } from './torch-opaque.ts';
import { checkedTensor, count, Storage, StorageType, TorchTensor, TorchType } from './torch-values.ts';

const STORAGE_TYPES: readonly (readonly [string, ElementType])[] = [
  ['DoubleStorage', 'float64'], ['FloatStorage', 'float32'],
  ['HalfStorage', 'float16'], ['BFloat16Storage', 'bfloat16'],
  ['LongStorage', 'int64'], ['IntStorage', 'int32'], ['ShortStorage', 'int16'], ['CharStorage', 'int8'],
  ['ByteStorage', 'uint8'], ['BoolStorage', 'bool'],
  ['ComplexFloatStorage', 'complex64'], ['ComplexDoubleStorage', 'complex128'],
  ['QInt8Storage', 'qint8'], ['QUInt8Storage', 'quint8'], ['QInt32Storage', 'qint32'],
  ['QUInt4x2Storage', 'quint4x2'], ['QUInt2x4Storage', 'quint2x4'],
];

/** Aliases of types as constants. */
const DTYPES: readonly (readonly [string, ElementType])[] = [
  ...(Object.keys(ELEMENT_SIZES) as ElementType[]).map((type) => [type, type] as const),
  ['half', 'float16'], ['float', 'float32'], ['double', 'float64'], ['short', 'int16'], ['int', 'int32'], ['long', 'int64'],
  ['cfloat', 'complex64'], ['cdouble', 'complex128'],
];

export interface TorchEnvironment extends PickleEnvironment {
  /** Every storage that was named so far, by its key. */
  readonly storages: ReadonlyMap<string, Storage>;
}

/** @param file names the file in errors. */
export function torchEnvironment(file: string): TorchEnvironment {
  const storages = new Map<string, Storage>();
  const functions = [
    orderedDict(file), rebuildTyped(file), rebuildSubclass(),
    ...['tensor', 'tensor_v2'].map((name) => rebuildTensor(file, `torch._utils._rebuild_${name}`)),
    ...['parameter', 'parameter_with_state'].map((name) => rebuildParameter(file, `torch._utils._rebuild_${name}`)),
  ];
  const permitted = new Map<string, PickleObject>([
    ...opaqueGlobals(),
    ...STORAGE_TYPES.map(([name, type]) => [`torch.${name}`, new StorageType(type)] as const),
    ...DTYPES.map(([name, type]) => [`torch.${name}`, new TorchType(`torch.${name}`, type)] as const),
    ...['torch.UntypedStorage', 'torch.storage.UntypedStorage'].map((name) => [name, new StorageType('uint8')] as const),
    ...functions.map((f) => [f.name, f] as const),
  ]);
  return {
    storages,
    global(module, name) {
      const object = permitted.get(`${module}.${name}`);
      if (object !== undefined) return object;
      const full = show(`${module}.${name}`);
      throw new FileError(file, `is refused: its pickle names ${full}, which is not needed for tensors`);
    },
    persistent(id) {
      const storage = readStorage(file, id);
      const known = storages.get(storage.key);
      if (known !== undefined && (known.type !== storage.type || known.total !== storage.total)) {
        throw new FileError(file, `is damaged: storage '${storage.key}' is declared in two ways`);
      }
      storages.set(storage.key, storage);
      return storage;
    },
  };
}

function orderedDict(file: string): PickleFunction {
  return new PickleFunction('collections.OrderedDict', (args) => {
    if (args.length > 0) throw new FileError(file, 'is damaged: an OrderedDict made of something');
    return new PickleDict(true);
  });
}

/** (storage, offset, size, stride[, requires_grad, backward_hooks[, metadata]]) */
function rebuildTensor(file: string, name: string): PickleFunction {
  return new PickleFunction(name, ([storage, offset, size, stride, , , metadata]) => {
    return withMetadata(checkedTensor(file, storage, offset, size, stride), metadata, name);
  });
}

/** (untyped storage, offset, size, stride, requires_grad, backward_hooks, dtype[, metadata]): types without a storage class. */
function rebuildTyped(file: string): PickleFunction {
  const name = 'torch._utils._rebuild_tensor_v3';
  return new PickleFunction(name, ([storage, offset, size, stride, , , type, metadata]) => {
    if (!(type instanceof TorchType) || !(storage instanceof Storage)) return new PickleOpaque(`${name}(…)`);
    return withMetadata(checkedTensor(file, storage.as(type.type), offset, size, stride), metadata, name);
  });
}

/** Views that are read negated or conjugated; others are not understood. */
function withMetadata(tensor: TorchTensor, metadata: PickleValue = null, name: string): PickleObject {
  if (metadata === null) return tensor;
  const entries = metadata instanceof PickleDict ? [...metadata.entries] : [['?', true] as const];
  const set = entries.filter(([, value]) => value !== false).map(([key]) => key);
  const plain = set.every((key) => key === 'neg' || (key === 'conj' && isUnreadable(tensor.storage.type)));
  if (!plain) return new PickleOpaque(`${name}(a tensor, ${set.map(String).join(', ').slice(0, 80)})`);
  return set.includes('neg') ? tensor.with({ negated: true }) : tensor;
}

/** (tensor, requires_grad, backward_hooks[, state]) */
function rebuildParameter(file: string, name: string): PickleFunction {
  return new PickleFunction(name, ([tensor]) => {
    if (tensor instanceof PickleOpaque) return tensor;
    if (!(tensor instanceof TorchTensor)) throw new FileError(file, 'is damaged: a parameter that is no tensor');
    return tensor.with({ parameter: true });
  });
}

/** (function, type, its arguments, state): a tensor with attributes, which nobody here needs; other types are only shown. */
function rebuildSubclass(): PickleFunction {
  const name = 'torch._tensor._rebuild_from_type_v2';
  const opaque = opaqueFunction(name);
  return new PickleFunction(name, (args) => {
    const [made, type, inner] = args;
    const known = type instanceof PickleFunction && ['torch.Tensor', 'torch.nn.parameter.Parameter'].includes(type.name);
    if (!known || !(made instanceof PickleFunction) || !(inner instanceof PickleTuple)) return opaque.call(args);
    const tensor = made.call(inner.items);
    return tensor instanceof TorchTensor && type.name.endsWith('Parameter') ? tensor.with({ parameter: true }) : tensor;
  });
}

/**
 * ('storage', type, key, location, elements[, view]); in the format before zip the last is None or
 * (key of the view, first element, elements).
 */
function readStorage(file: string, id: PickleValue): Storage {
  const fail = (problem: string): never => {
    throw new FileError(file, `is damaged: ${problem}`);
  };
  const parts = id instanceof PickleTuple ? id.items : [];
  const [tag, type, key, , elements, view = null] = parts;
  if (tag !== 'storage') return fail('a persistent id of unknown kind');
  if (!(type instanceof StorageType)) return fail('a storage without a type');
  if (typeof key !== 'string') return fail('a storage whose key is not text');
  const total = count(elements) ?? fail(`storage '${key}' has an impossible number of elements`);
  if (!Number.isSafeInteger(total * ELEMENT_SIZES[type.type])) fail(`storage '${key}' has an absurd size`);
  if (view === null) return new Storage(key, type.type, total, 0, total);
  const [, first, viewed] = view instanceof PickleTuple ? view.items : [];
  const start = count(first) ?? fail(`storage '${key}' has an impossible view`);
  const length = count(viewed) ?? fail(`storage '${key}' has an impossible view`);
  if (start + length > total) fail(`a view of storage '${key}' reaches beyond it`);
  return new Storage(key, type.type, total, start, length);
}
