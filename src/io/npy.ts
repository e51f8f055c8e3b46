/**
 * NumPy's .npy arrays, version 1.0 to 3.0, C order, little endian: float16, float32, float64, int32, int64, uint8, bool.
 *
 * float16 widens and float64 narrows to float32, int64 to int32 (out of range: refused); bool becomes uint8.
 * Source: NumPy Enhancement Proposal 1 (numpy.lib.format).
 */

import { hostTensor, rowMajor, sizeOf } from '../array/host.ts';
import type { HostArray, Shape } from '../array/host.ts';
import { FileError } from '../errors.ts';
import { halfToFloat } from '../array/half.ts';
import { MOST_AXES } from './budget.ts';
import type { ElementType } from './element-type.ts';
import { ELEMENT_SIZES } from './element-type.ts';

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]; // \x93NUMPY

interface Header {
  readonly descr: string;
  readonly shape: Shape;
  /** Where the values begin. */
  readonly offset: number;
}

/**
 * @param name what to call the array in errors.
 * @throws FileError if the bytes are not such an array, or are fewer than the header promises.
 */
export function readNpy(bytes: Uint8Array, name: string): HostArray {
  const { descr, shape, offset } = readHeader(bytes, name);
  const width = itemSizes.get(descr);
  if (width === undefined) {
    throw new FileError(name, `element type ${descr} is not one of ${[...itemSizes.keys()].join(', ')}`);
  }
  const size = sizeOf(shape);
  if (bytes.length - offset !== size * width) {
    throw new FileError(name, `shape [${shape.join(', ')}] needs ${size * width} bytes, the file has ${bytes.length - offset}`);
  }
  const data = aligned(bytes, offset);
  switch (descr) {
    case '<f2':
      return hostTensor(halfToFloat(new Uint16Array(data)), shape);
    case '<f4':
      return hostTensor(new Float32Array(data), shape);
    case '<f8':
      return hostTensor(Float32Array.from(new Float64Array(data)), shape);
    case '<i4':
      return hostTensor(new Int32Array(data), shape);
    case '<i8':
      return hostTensor(Int32Array.from(new BigInt64Array(data), (value) => toInt32(value, name)), shape);
    default: // '|u1', '|b1'
      return hostTensor(new Uint8Array(data), shape);
  }
}

/** A copy, so that typed arrays are aligned and nobody else's memory is kept. */
function aligned(bytes: Uint8Array, offset: number): ArrayBuffer {
  const copy = new Uint8Array(bytes.length - offset); // a Buffer's own slice is none
  copy.set(bytes.subarray(offset));
  return copy.buffer;
}

const itemSizes: ReadonlyMap<string, number> = new Map([
  ['<f2', 2], ['<f4', 4], ['<f8', 8], ['<i4', 4], ['<i8', 8], ['|u1', 1], ['|b1', 1],
]);

/** NumPy itself reads at most 10,000. */
const mostHeaderBytes = 2 ** 16;

function toInt32(value: bigint, name: string): number {
  if (BigInt.asIntN(32, value) !== value) throw new FileError(name, `integer ${value} does not fit 32 bits`);
  return Number(value);
}

function readHeader(bytes: Uint8Array, name: string): Header {
  if (bytes.length < 10 || magic.some((byte, i) => bytes[i] !== byte)) throw new FileError(name, 'not a .npy array');
  const version = bytes[6];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (version < 1 || version > 3) throw new FileError(name, `.npy version ${version} is unknown`);
  const start = version === 1 ? 10 : 12;
  if (bytes.length < start) throw new FileError(name, 'truncated .npy header');
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > bytes.length - start) throw new FileError(name, 'truncated .npy header');
  if (length > mostHeaderBytes) throw new FileError(name, `is refused: an .npy header of ${length} bytes`);
  const text = new TextDecoder('latin1').decode(bytes.subarray(start, start + length));
  const descr = /'descr'\s*:\s*'([^']*)'/.exec(text)?.[1];
  const fortran = /'fortran_order'\s*:\s*(True|False)/.exec(text)?.[1];
  const dimensions = /'shape'\s*:\s*\(([\d\s,]*)\)/.exec(text)?.[1];
  if (descr === undefined || fortran === undefined || dimensions === undefined) {
    throw new FileError(name, 'unreadable .npy header');
  }
  const shape = dimensions.split(',').map((part) => part.trim()).filter((part) => part !== '').map(Number);
  if (shape.length > MOST_AXES) throw new FileError(name, `is refused: ${shape.length} axes; at most ${MOST_AXES} are read`);
  if (fortran === 'True' && shape.length > 1) throw new FileError(name, 'Fortran order is not supported');
  if (!Number.isSafeInteger(sizeOf(shape.map((extent) => Math.max(extent, 1))))) throw new FileError(name, `absurd shape [${shape.join(', ')}]`);
  return { descr, shape, offset: start + length };
}

/** The header alone, and how many bytes an array of its shape takes in a type. @throws FileError as readNpy. */
export function readNpyHeader(bytes: Uint8Array, name: string): Header & { bytes(type: ElementType): number } {
  const header = readHeader(bytes, name);
  return { ...header, bytes: (type) => sizeOf(header.shape) * ELEMENT_SIZES[type] };
}

/** The type of the elements as NumPy writes it, such as `<f4`. @throws FileError as readNpy. */
export function npyType(bytes: Uint8Array, name: string): string {
  return readHeader(bytes, name).descr;
}

/** The bytes of a version 1.0 file, its values aligned to 64 bytes as NumPy writes them. */
export function writeNpy(x: HostArray): Uint8Array {
  const values = rowMajor(x);
  const descr = values instanceof Float32Array ? '<f4' : values instanceof Int32Array ? '<i4' : '|u1';
  const shape = x.shape.length === 1 ? `${x.shape[0]},` : x.shape.join(', ');
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape}), }`;
  const length = Math.ceil((10 + text.length + 1) / 64) * 64 - 10;
  const bytes = new Uint8Array(10 + length + values.byteLength);
  bytes.set(magic);
  bytes.set([1, 0, length & 0xff, length >> 8], 6);
  bytes.set(new TextEncoder().encode(`${text.padEnd(length - 1)}\n`), 10);
  bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), 10 + length);
  return bytes;
}
