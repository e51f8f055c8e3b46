/**
 * What torch.save writes since version 1.6: a ZIP archive of `<name>/data.pkl`, a pickle, and `<name>/data/<key>`, the
 * storages it refers to. torch/serialization.py:_save.
 */

import { FileError } from '../errors.ts';
import type { ByteSource } from '../io/byte-source.ts';
import { ELEMENT_SIZES } from '../io/element-type.ts';
import { runPickle } from './pickle.ts';
import { readView } from './strided.ts';
import type { TorchContent } from './torch-content.ts';
import { MAX_PICKLE } from './torch-content.ts';
import { torchEnvironment } from './torch-globals.ts';
import type { Storage } from './torch-values.ts';
import type { ZipMember, ZipMembers } from '../io/zip.ts';
import { readMember } from '../io/zip.ts';

/** @throws FileError if the archive is damaged or refused. */
export async function readTorchZip(source: ByteSource, members: ZipMembers): Promise<TorchContent> {
  const { name } = source;
  const pickle = onlyPickle(members, name);
  const folder = pickle.name.slice(0, -'data.pkl'.length);
  if (pickle.size > MAX_PICKLE) throw new FileError(name, `is refused: a pickle of ${pickle.size} bytes`);
  await checkByteOrder(source, members.get(`${folder}byteorder`));

  const environment = torchEnvironment(name);
  const { value } = runPickle(await readMember(source, pickle, 0, pickle.size), name, environment);
  const records = new Map<string, ZipMember>();
  for (const storage of environment.storages.values()) {
    records.set(storage.key, recordOf(members, folder, storage, name));
  }
  return {
    value,
    read: (tensor) => readView(tensor, (start, length) => {
      return readMember(source, records.get(tensor.storage.key)!, start, length);
    }),
  };
}

/** An archive is written under one name; which one does not matter. */
function onlyPickle(members: ReadonlyMap<string, ZipMember>, file: string): ZipMember {
  const [pickle, ...others] = [...members.values()].filter((member) => /^[^/]+\/data\.pkl$/.test(member.name));
  if (pickle === undefined) throw new FileError(file, 'is a zip archive without a data.pkl: not written by torch.save');
  if (others.length > 0) throw new FileError(file, 'is damaged: it has more than one data.pkl');
  return pickle;
}

function recordOf(members: ReadonlyMap<string, ZipMember>, folder: string, storage: Storage, file: string): ZipMember {
  const { key } = storage;
  // Members are never written to disk, so a path could do no harm; but no writer makes one.
  const record = /^[^/\\]+$/.test(key) ? members.get(`${folder}data/${key}`) : undefined;
  if (record === undefined) throw new FileError(file, `is damaged: storage '${key}' is missing`);
  const expected = storage.total * ELEMENT_SIZES[storage.type];
  if (record.size !== expected) {
    throw new FileError(file, `is damaged: storage '${key}' has ${record.size} bytes, ${expected} are declared`);
  }
  return record;
}

async function checkByteOrder(source: ByteSource, member: ZipMember | undefined): Promise<void> {
  if (member === undefined) return; // before version 2.1 always that of the machine
  const order = new TextDecoder().decode(await readMember(source, member, 0, Math.min(member.size, 16)));
  if (order !== 'little') throw new FileError(source.name, `is of byte order '${order}'; only 'little' can be read`);
}
