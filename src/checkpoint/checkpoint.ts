/**
 * A checkpoint of any of the formats in which PyTorch models are published, as a tree of containers, constants and
 * tensors. Only the description is read when it is opened.
 */

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { FileError } from '../errors.ts';
import type { GgufFile } from '../gguf/read.ts';
import { isGguf, openGguf } from '../gguf/read.ts';
import type { ElementType } from '../io/element-type.ts';
import { isUnreadable, SAFETENSORS_TYPES } from '../io/element-type.ts';
import type { ByteSource } from '../io/byte-source.ts';
import { fileSource, isFolder, readWhole } from '../io/files.ts';
import type { SafetensorsFile } from '../io/safetensors.ts';
import { openSafetensors } from '../io/safetensors.ts';
import { openSafetensorsPath } from '../io/sharded-safetensors.ts';
import { MOST_JSON_BYTES } from '../io/strict-json.ts';
import { openZip } from '../io/zip.ts';
import { isNpz, readNpzCheckpoint } from './npz-checkpoint.ts';
import { checkTree } from './pickle-tree.ts';
import type { PickleKey, PickleValue } from './pickle-values.ts';
import { PickleDict, PickleFunction, PickleList, PickleOpaque, PickleTuple } from './pickle-values.ts';
import type { StoredTensor } from './stored-tensor.ts';
import type { TorchContent } from './torch-content.ts';
import { readTorchLegacy } from './torch-legacy.ts';
import { namesTorchFiles, openTorchShards } from './torch-shards.ts';
import { TorchTensor } from './torch-values.ts';
import { readTorchZip } from './torch-zip.ts';
import type { Checkpoint, CheckpointDict, CheckpointValue } from './value.ts';

export * from './value.ts';

/**
 * Opens a file by its content, an index of shards, or a folder that holds either under its usual name.
 * @throws FileError if it is missing, truncated, damaged or refused.
 */
export async function openCheckpoint(path: string): Promise<Checkpoint> {
  if (await isFolder(path)) {
    const torch = ['pytorch_model.bin.index.json', 'pytorch_model.bin'].map((name) => join(path, name));
    const safetensors = ['model.safetensors.index.json', 'model.safetensors'].map((name) => join(path, name));
    const found = [...safetensors, ...torch].find((file) => existsSync(file));
    return found === undefined ? fromSafetensors(await openSafetensorsPath(path)) : openCheckpoint(found);
  }
  if (path.endsWith('.json')) {
    const index = await readWhole(path, MOST_JSON_BYTES);
    if (namesTorchFiles(index, path)) {
      return openTorchShards(index, path, async (shard) => readCheckpoint(await fileSource(join(dirname(path), shard))));
    }
    return fromSafetensors(await openSafetensorsPath(path));
  }
  return readCheckpoint(await fileSource(path));
}

/** As openCheckpoint, of a single file. It owns `source` from now on, also if this fails. */
export async function readCheckpoint(source: ByteSource): Promise<Checkpoint> {
  try {
    if (source.size === 0) throw new FileError(source.name, 'is empty');
    const start = await source.read(0, Math.min(9, source.size));
    if (isGguf(start)) return fromGguf(await openGguf(source), source);
    const isZip = start[0] === 0x50 && start[1] === 0x4b; // PK
    if (!isZip && (start[8] === 0x7b /* { */ || source.name.endsWith('.safetensors'))) {
      return fromSafetensors(await openSafetensors(source));
    }
    const members = isZip ? await openZip(source) : undefined;
    if (members !== undefined && isNpz(members)) {
      const dict = await readNpzCheckpoint(source, members);
      return { name: source.name, format: 'npz', value: dict, metadata: new Map(), close: () => source.close() };
    }
    const content = members === undefined ? await readTorchLegacy(source) : await readTorchZip(source, members);
    checkTree(content.value, source.name);
    const value = convert(content.value, content, source.name);
    const format = isZip ? 'torch zip' : 'torch legacy';
    return { name: source.name, format, value, metadata: new Map(), close: () => source.close() };
  } catch (error) {
    await source.close();
    throw error;
  }
}

function fromSafetensors(file: SafetensorsFile): Checkpoint {
  const tensors = [...file.entries].map(([key, { dtype, shape }]): [string, StoredTensor] => {
    return [key, { type: SAFETENSORS_TYPES.get(dtype)!, shape, parameter: false, bytes: () => file.bytes(key) }];
  });
  const value: CheckpointDict = { kind: 'dict', entries: new Map<PickleKey, CheckpointValue>(tensors), ordered: false };
  return { name: file.name, format: 'safetensors', value, metadata: file.metadata, close: () => file.close() };
}

/** Floats are tensors; matrices of quantized blocks are only shown. */
function fromGguf(file: GgufFile, source: ByteSource): Checkpoint {
  const types: Readonly<Record<string, ElementType>> = { f32: 'float32', f16: 'float16', bf16: 'bfloat16' };
  const entries = [...file.entries].map(([key, { type, shape, start, end }]): [PickleKey, CheckpointValue] => {
    const known = types[type];
    if (known === undefined) return [key, { kind: 'opaque', text: `${type} [${shape.join(', ')}], ${end - start} bytes` }];
    return [key, { type: known, shape, parameter: false, bytes: () => source.read(start, end - start) }];
  });
  const value: CheckpointDict = { kind: 'dict', entries: new Map(entries), ordered: true };
  const metadata = new Map([...file.metadata].map(([name, note]) => [name, String(note).slice(0, 200)]));
  return { name: file.name, format: 'gguf', value, metadata, close: () => file.close() };
}

/** Of a tree that is known to be shallow. */
function convert(value: PickleValue, content: TorchContent, file: string): CheckpointValue {
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof PickleDict) {
    const entries = [...value.entries].map(([key, item]) => [key, convert(item, content, file)] as const);
    return { kind: 'dict', entries: new Map(entries), ordered: value.ordered };
  }
  if (value instanceof PickleList || value instanceof PickleTuple) {
    const kind = value instanceof PickleList ? 'list' : 'tuple';
    return { kind, items: value.items.map((item) => convert(item, content, file)) };
  }
  if (value instanceof TorchTensor) {
    const { storage, shape, parameter } = value;
    const bytes = isUnreadable(storage.type) ? unreadable(file, storage.type) : () => content.read(value);
    return { type: storage.type, shape, parameter, bytes };
  }
  if (value instanceof PickleOpaque || value instanceof PickleFunction) {
    return { kind: 'opaque', text: value instanceof PickleFunction ? value.name : value.text };
  }
  if (value instanceof Uint8Array) return { kind: 'opaque', text: `${value.length} bytes` };
  return { kind: 'opaque', text: 'a storage' };
}

function unreadable(file: string, type: string): () => Promise<never> {
  return () => Promise.reject(new FileError(file, `has a tensor of type ${type}, which cannot be read`));
}
