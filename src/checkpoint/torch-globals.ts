/**
 * The globals that a PyTorch file may name, all of them: OrderedDict, the storage types, and the two functions that
 * put tensors together. Whatever else a pickle names is refused, used or not.
 */

import { FileError, show } from '../errors.ts';
import type { ElementType } from '../io/element-type.ts';
import { ELEMENT_SIZES } from '../io/element-type.ts';
import type { PickleEnvironment } from './pickle.ts';
import type { PickleObject, PickleValue } from './pickle-values.ts';
import { PickleDict, PickleFunction, PickleTuple } from './pickle-values.ts';
import { checkedTensor, count, Storage, StorageType, TorchTensor } from './torch-values.ts';

const STORAGE_TYPES: readonly (readonly [string, ElementType])[] = [
  ['DoubleStorage', 'float64'], ['FloatStorage', 'float32'],
  ['HalfStorage', 'float16'], ['BFloat16Storage', 'bfloat16'],
  ['LongStorage', 'int64'], ['IntStorage', 'int32'], ['ShortStorage', 'int16'], ['CharStorage', 'int8'],
  ['ByteStorage', 'uint8'], ['BoolStorage', 'bool'],
];

export interface TorchEnvironment extends PickleEnvironment {
  /** Every storage that was named so far, by its key. */
  readonly storages: ReadonlyMap<string, Storage>;
}

/** @param file names the file in errors. */
export function torchEnvironment(file: string): TorchEnvironment {
  const storages = new Map<string, Storage>();
  const permitted = new Map<string, PickleObject>([
    ...STORAGE_TYPES.map(([name, type]) => [`torch.${name}`, new StorageType(type)] as const),
    ...[orderedDict(file), rebuildTensor(file), rebuildParameter(file)].map((f) => [f.name, f] as const),
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

/** (storage, offset, size, stride, requires_grad, backward_hooks[, metadata]) */
function rebuildTensor(file: string): PickleFunction {
  return new PickleFunction('torch._utils._rebuild_tensor_v2', ([storage, offset, size, stride]) => {
    return checkedTensor(file, storage, offset, size, stride);
  });
}

/** (tensor, requires_grad, backward_hooks) */
function rebuildParameter(file: string): PickleFunction {
  return new PickleFunction('torch._utils._rebuild_parameter', ([tensor]) => {
    if (!(tensor instanceof TorchTensor)) throw new FileError(file, 'is damaged: a parameter that is no tensor');
    return new TorchTensor(tensor.storage, tensor.offset, tensor.shape, tensor.stride, true);
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
