/**
 * NumPy's .npy arrays, version 1.0 to 3.0.
 *
 * `readNpy` gives host tensors: float16 widens and float64 narrows to float32, int64 to int32 (out of range: refused);
 * bool becomes uint8; C order, little endian. `readNpyValues` reads what any program may write: both orders, both
 * byte orders, floats and integers of every width.
 * Source: NumPy Enhancement Proposal 1 (numpy.lib.format).
 */

import { hostTensor, rowMajor, sizeOf } from '../array/host.ts';
import type { HostArray, Shape } from '../array/host.ts';
import { FileError } from '../errors.ts';
import { halfToFloat } from '../array/half.ts';
import { MOST_AXES } from './memory-budget.ts';
import type { ElementType } from './element-type.ts';
import { ELEMENT_SIZES } from './element-type.ts';

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]; // \x93NUMPY

interface Header {
  readonly descr: string;
  readonly shape: Shape;
  /** The first axis is the fastest. */
  readonly fortran: boolean;
  /** Where the values begin. */
  readonly offset: number;
}

/** Values of any type, in C order. */
export interface NpyValues {
  readonly shape: Shape;
  /** `float16`, `int64` and so on. */
  readonly dtype: string;
  readonly values: Float64Array;
}

/**
 * @param name what to call the array in errors.
 * @throws FileError if the bytes are not such an array, or are fewer than the header promises.
 */
export function readNpy(bytes: Uint8Array, name: string): HostArray {
  const { descr, shape, fortran, offset } = readHeader(bytes, name);
  if (fortran && shape.length > 1) throw new FileError(name, 'Fortran order is not supported');
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
  if (!Number.isSafeInteger(sizeOf(shape.map((extent) => Math.max(extent, 1))))) throw new FileError(name, `absurd shape [${shape.join(', ')}]`);
  return { descr, shape, fortran: fortran === 'True', offset: start + length };
}

/** The header alone, and how many bytes an array of its shape takes in a type. @throws FileError as readNpy. */
export function readNpyHeader(bytes: Uint8Array, name: string): Header & { readonly bytes: (type: ElementType) => number } {
  const header = readHeader(bytes, name);
  return { ...header, bytes: (type) => sizeOf(header.shape) * ELEMENT_SIZES[type] };
}

type Reader = readonly [dtype: string, read: (view: DataView, at: number, little: boolean) => number];

/** By the letter and the width of a type. */
const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['b1', ['bool', (view, at) => view.getUint8(at)]],
  ['u1', ['uint8', (view, at) => view.getUint8(at)]],
  ['i1', ['int8', (view, at) => view.getInt8(at)]],
  ['u2', ['uint16', (view, at, little) => view.getUint16(at, little)]],
  ['i2', ['int16', (view, at, little) => view.getInt16(at, little)]],
  ['u4', ['uint32', (view, at, little) => view.getUint32(at, little)]],
  ['i4', ['int32', (view, at, little) => view.getInt32(at, little)]],
  ['u8', ['uint64', (view, at, little) => Number(view.getBigUint64(at, little))]],
  ['i8', ['int64', (view, at, little) => Number(view.getBigInt64(at, little))]],
  ['f2', ['float16', (view, at, little) => halfToFloat(Uint16Array.of(view.getUint16(at, little)))[0]]],
  ['f4', ['float32', (view, at, little) => view.getFloat32(at, little)]],
  ['f8', ['float64', (view, at, little) => view.getFloat64(at, little)]],
]);

/** @throws FileError as readNpy; the order of the axes and of the bytes may be any. */
export function readNpyValues(bytes: Uint8Array, name: string): NpyValues {
  const { descr, shape, fortran, offset } = readHeader(bytes, name);
  const [, order, kind] = /^([<>|=])([a-z]\d+)$/.exec(descr) ?? [];
  const reader = READERS.get(kind);
  if (reader === undefined) throw new FileError(name, `element type ${descr} is no number; of floats and integers all are read`);
  const [dtype, read] = reader;
  const [size, width] = [sizeOf(shape), Number(kind.slice(1))];
  if (bytes.length - offset !== size * width) {
    throw new FileError(name, `shape [${shape.join(', ')}] needs ${size * width} bytes, the file has ${bytes.length - offset}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, size * width);
  const values = new Float64Array(size);
  const place = fortran ? fortranPlaces(shape) : undefined;
  for (let i = 0; i < size; i++) values[i] = read(view, (place?.[i] ?? i) * width, order !== '>');
  return { shape, dtype, values };
}

/** For every element in C order, where it lies in Fortran order. */
function fortranPlaces(shape: Shape): Float64Array {
  const strides = shape.map((_, axis) => sizeOf(shape.slice(0, axis)));
  const places = new Float64Array(sizeOf(shape));
  const index = shape.map(() => 0);
  for (let i = 0, place = 0; i < places.length; i++) {
    places[i] = place;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      place += strides[axis];
      if (++index[axis] < shape[axis]) break;
      place -= index[axis] * strides[axis];
      index[axis] = 0;
    }
  }
  return places;
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
