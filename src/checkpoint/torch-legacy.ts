/**
 * What torch.save wrote before version 1.6: pickles of a magic number, the version, the machine, the value, and the
 * list of storage keys; then each storage in that order, a count of 8 bytes and its elements.
 * torch/serialization.py:_legacy_save.
 */

import { FileError } from '../errors.ts';
import type { ByteSource } from '../io/byte-source.ts';
import { ELEMENT_SIZES } from '../io/element-type.ts';
import type { PickleEnvironment } from './pickle.ts';
import { runPickle } from './pickle.ts';
import { PickleEnd } from './pickle-cursor.ts';
import type { PickleValue } from './pickle-values.ts';
import { PickleDict, PickleList } from './pickle-values.ts';
import { readView } from './strided.ts';
import type { TorchContent } from './torch-content.ts';
import { MAX_PICKLE } from './torch-content.ts';
import type { TorchEnvironment } from './torch-globals.ts';
import { torchEnvironment } from './torch-globals.ts';

const MAGIC = 0x1950a86a20f9469cfc6cn;
const VERSION = 1001n;
const NO_CHECKPOINT = 'is no checkpoint: neither safetensors nor torch.save';
const COUNT_BYTES = 8;
const FIRST_WINDOW = 2 ** 20;

/** @throws FileError if the file is of another kind, damaged or refused. */
export async function readTorchLegacy(source: ByteSource): Promise<TorchContent> {
  const { name } = source;
  const environment = torchEnvironment(name);
  const magic = await pickleAt(source, 0, environment).catch((cause: unknown) => {
    // Most files that come here are not of this format at all; but what is refused says why.
    throw isRefusal(cause) ? cause : new FileError(name, NO_CHECKPOINT, { cause });
  });
  if (magic.value !== MAGIC) throw new FileError(name, NO_CHECKPOINT);
  const version = await pickleAt(source, magic.end, environment);
  if (version.value !== VERSION) throw new FileError(name, `is of another version of torch.save than ${VERSION}`);
  const machine = await pickleAt(source, version.end, environment);
  if (!(machine.value instanceof PickleDict) || machine.value.entries.get('little_endian') !== true) {
    throw new FileError(name, 'was written on a machine with another byte order');
  }
  const content = await pickleAt(source, machine.end, environment);
  const keys = await pickleAt(source, content.end, environment);
  const starts = await storageStarts(source, keys.value, keys.end, environment);
  return {
    value: content.value,
    read: (tensor) => readView(tensor, (start, length) => {
      return source.read(starts.get(tensor.storage.key)! + start, length);
    }),
  };
}

/** Where the elements of each storage begin. */
async function storageStarts(
  source: ByteSource,
  keys: PickleValue,
  start: number,
  { storages }: TorchEnvironment,
): Promise<ReadonlyMap<string, number>> {
  const fail = (problem: string): never => {
    throw new FileError(source.name, `is damaged: ${problem}`);
  };
  if (!(keys instanceof PickleList)) return fail('its list of storages is no list');
  const starts = new Map<string, number>();
  let at = start;
  for (const key of keys.items) {
    const storage = typeof key === 'string' ? storages.get(key) : undefined;
    if (storage === undefined || starts.has(storage.key)) return fail('it lists a storage that no tensor is in');
    const bytes = await source.read(at, COUNT_BYTES);
    const count = new DataView(bytes.buffer, bytes.byteOffset).getBigInt64(0, true);
    if (count !== BigInt(storage.total)) {
      fail(`storage '${storage.key}' has ${count} elements, ${storage.total} are declared`);
    }
    starts.set(storage.key, at + COUNT_BYTES);
    at += COUNT_BYTES + storage.total * ELEMENT_SIZES[storage.type];
    if (at > source.size) fail(`it is truncated inside storage '${storage.key}'`);
  }
  for (const key of storages.keys()) if (!starts.has(key)) fail(`storage '${key}' is missing`);
  if (at !== source.size) fail(`${source.size - at} bytes after the last storage`);
  return starts;
}

/** Runs a pickle of unknown length: on the beginning of what may be it, then on twice as much. */
async function pickleAt(
  source: ByteSource,
  at: number,
  environment: PickleEnvironment,
): Promise<{ readonly value: PickleValue; readonly end: number }> {
  const most = Math.min(source.size - at, MAX_PICKLE);
  for (let length = Math.min(FIRST_WINDOW, most); ; length = Math.min(2 * length, most)) {
    try {
      const { value, end } = runPickle(await source.read(at, length), source.name, environment);
      return { value, end: at + end };
    } catch (error) {
      if (!(error instanceof PickleEnd) || length === most) throw error;
    }
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof FileError && error.problem.startsWith('is refused');
}
