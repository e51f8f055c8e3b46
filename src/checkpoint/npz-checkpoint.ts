/** A .npz archive as a checkpoint: its members are named tensors. Headers are read when it is opened, values when asked for. */

import { FileError } from '../errors.ts';
import type { ByteSource } from '../io/byte-source.ts';
import type { ElementType } from '../io/element-type.ts';
import { readNpyHeader } from '../io/npy.ts';
import type { ZipMember, ZipMembers } from '../io/zip.ts';
import { readMember } from '../io/zip.ts';
import type { CheckpointDict, CheckpointValue } from './value.ts';
import type { PickleKey } from './pickle-values.ts';

/** By NumPy's letters, without the byte order. */
const TYPES: ReadonlyMap<string, ElementType> = new Map([
  ['f2', 'float16'], ['f4', 'float32'], ['f8', 'float64'], ['i1', 'int8'], ['i2', 'int16'], ['i4', 'int32'], ['i8', 'int64'],
  ['u1', 'uint8'], ['u2', 'uint16'], ['u4', 'uint32'], ['u8', 'uint64'], ['b1', 'bool'],
]);

/** Holds the header of any array that can be read. */
const HEADER_BYTES = 2 ** 16 + 12;

export function isNpz(members: ZipMembers): boolean {
  return [...members.keys()].some((name) => name.endsWith('.npy'));
}

export async function readNpzCheckpoint(source: ByteSource, members: ZipMembers): Promise<CheckpointDict> {
  const entries = new Map<PickleKey, CheckpointValue>();
  for (const member of members.values()) {
    if (member.name.endsWith('.npy')) entries.set(member.name.slice(0, -'.npy'.length), await array(source, member));
  }
  return { kind: 'dict', entries, ordered: true };
}

/** An array of a form that is not read is shown, and does not hide the others; a damaged archive is refused. */
async function array(source: ByteSource, member: ZipMember): Promise<CheckpointValue> {
  const where = `${source.name}: ${member.name}`;
  const start = await readMember(source, member, 0, Math.min(member.size, HEADER_BYTES));
  try {
    const { descr, shape, offset, bytes } = readNpyHeader(start, where);
    const type = /^[<|]/.test(descr) ? TYPES.get(descr.slice(1)) : undefined;
    if (type === undefined) return { kind: 'opaque', text: `an array of type ${descr}` };
    const length = bytes(type);
    if (offset + length !== member.size) throw new FileError(where, `has ${member.size - offset} bytes; its shape asks for ${length}`);
    // All of it, so that its checksum is compared.
    return { type, shape, parameter: false, bytes: async () => (await readMember(source, member, 0, member.size)).slice(offset) };
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    return { kind: 'opaque', text: `cannot be read: ${error.problem}` };
  }
}
