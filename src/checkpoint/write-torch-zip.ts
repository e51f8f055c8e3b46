/**
 * Writes what torch.load reads: a ZIP archive of a pickle and the storages, without compression, tensor by tensor.
 * Archives of 4 GB and more would need ZIP64; nothing that is written here comes near.
 */

import type { HostTensor, Shape } from '../array/host.ts';
import { rowMajor, sizeOf } from '../array/host.ts';
import { ArgumentError } from '../errors.ts';
import { crc32 } from '../io/png-chunks.ts';
import type { PickledTensor } from './write-pickle.ts';
import { pickleOf, picklesOf } from './write-pickle.ts';

export interface TorchTensorToWrite {
  readonly key: string;
  readonly shape: Shape;
  /** Asked for once, when its turn comes. */
  readonly values: () => Promise<HostTensor>;
}

const FOLDER = 'archive';

/**
 * The bytes of a file that holds {name: {key: float32 tensor}}.
 * @throws ArgumentError if it would have 4 GB or more.
 */
export function torchZipChunks(name: string, tensors: readonly TorchTensorToWrite[]): AsyncGenerator<Uint8Array> {
  return archiveChunks(tensors, (described) => picklesOf(name, described));
}

/** The bytes of a file that holds nothing but a float32 tensor. @throws ArgumentError as `torchZipChunks`. */
export function torchTensorChunks(tensor: Omit<TorchTensorToWrite, 'key'>): AsyncGenerator<Uint8Array> {
  return archiveChunks([{ ...tensor, key: '' }], ([described]) => pickleOf(described));
}

async function* archiveChunks(
  tensors: readonly TorchTensorToWrite[],
  pickle: (described: readonly PickledTensor[]) => Uint8Array,
): AsyncGenerator<Uint8Array> {
  const total = tensors.reduce((sum, { shape }) => sum + 4 * sizeOf(shape), 0);
  if (total > 2 ** 32 - 2 ** 24) throw new ArgumentError('tensors', 'less than 4 GB for this format', `${total} bytes`);
  const directory: Uint8Array[] = [];
  let at = 0;
  const member = (path: string, content: Uint8Array): Uint8Array[] => {
    const file = new TextEncoder().encode(`${FOLDER}/${path}`);
    const common = header(file.length, content);
    const parts = [words([0x04034b50, 4]), common, file, content];
    directory.push(words([0x02014b50, 4], [20, 2]), common, words([0, 2], [0, 2], [0, 2], [0, 4], [at, 4]), file);
    at += parts.reduce((sum, part) => sum + part.length, 0);
    return parts;
  };
  const described = tensors.map(({ key, shape }) => ({ key, shape, storageType: 'FloatStorage' }));
  yield* member('data.pkl', pickle(described));
  yield* member('byteorder', new TextEncoder().encode('little'));
  for (const [i, { values }] of tensors.entries()) {
    const { buffer, byteOffset, byteLength } = rowMajor(await values());
    yield* member(`data/${i}`, new Uint8Array(buffer, byteOffset, byteLength));
  }
  yield* member('version', new TextEncoder().encode('3\n'));
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  const count = directory.length / 4;
  yield* directory;
  yield words([0x06054b50, 4], [0, 2], [0, 2], [count, 2], [count, 2], [size, 4], [at, 4], [0, 2]);
}

/** What a member's two headers have in common, from the needed version on. The time is the format's earliest. */
function header(nameLength: number, content: Uint8Array): Uint8Array {
  const { length } = content;
  const sizes = [[length, 4], [length, 4], [nameLength, 2], [0, 2]] as const;
  return words([20, 2], [0, 2], [0, 2], [0, 2], [0x21, 2], [crc32(content), 4], ...sizes);
}

/** Little-endian fields of 2 or 4 bytes. */
function words(...fields: readonly (readonly [value: number, bytes: 2 | 4])[]): Uint8Array {
  const bytes = new Uint8Array(fields.reduce((sum, [, length]) => sum + length, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [value, length] of fields) {
    if (length === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += length;
  }
  return bytes;
}
