/** Types of tensor elements in checkpoint files, under their PyTorch names, and their bytes (little endian). */

import { bfloatToFloat, halfToFloat } from '../array/half.ts';

/** Bytes of an element. */
export const ELEMENT_SIZES = {
  float64: 8, float32: 4, float16: 2, bfloat16: 2,
  int64: 8, int32: 4, int16: 2, int8: 1, uint64: 8, uint32: 4, uint16: 2, uint8: 1, bool: 1,
  float8_e5m2: 1, float8_e4m3fn: 1,
  complex32: 4, complex64: 8, complex128: 16, qint8: 1, quint8: 1, qint32: 4, quint4x2: 1, quint2x4: 1,
} as const;

export type ElementType = keyof typeof ELEMENT_SIZES;

/** Types that are named and measured only: no network here has such weights. */
export function isUnreadable(type: ElementType): boolean {
  return /^complex|^q/.test(type);
}

/** The safetensors names. */
export const SAFETENSORS_TYPES: ReadonlyMap<string, ElementType> = new Map([
  ['F64', 'float64'], ['F32', 'float32'], ['F16', 'float16'], ['BF16', 'bfloat16'],
  ['I64', 'int64'], ['I32', 'int32'], ['I16', 'int16'], ['I8', 'int8'],
  ['U64', 'uint64'], ['U32', 'uint32'], ['U16', 'uint16'], ['U8', 'uint8'], ['BOOL', 'bool'],
  ['F8_E5M2', 'float8_e5m2'], ['F8_E4M3', 'float8_e4m3fn'],
]);

export type ElementValues =
  | Float64Array | Float32Array | BigInt64Array | Int32Array | Int16Array | Int8Array
  | BigUint64Array | Uint32Array | Uint16Array | Uint8Array;

/**
 * The values of elements; 16-bit floats are widened, booleans are bytes, and so are 8-bit floats.
 * @param bytes a whole number of elements.
 */
export function elementValues(type: ElementType, bytes: Uint8Array): ElementValues {
  // A copy where needed: typed arrays must be aligned. (All machines that run JavaScript are little endian.)
  const { buffer, byteOffset } = bytes.byteOffset % 8 === 0 ? bytes : new Uint8Array(bytes);
  const length = bytes.length / ELEMENT_SIZES[type];
  switch (type) {
    case 'float64': return new Float64Array(buffer, byteOffset, length);
    case 'float32': return new Float32Array(buffer, byteOffset, length);
    case 'float16': return halfToFloat(new Uint16Array(buffer, byteOffset, length));
    case 'bfloat16': return bfloatToFloat(new Uint16Array(buffer, byteOffset, length));
    case 'int64': return new BigInt64Array(buffer, byteOffset, length);
    case 'int32': return new Int32Array(buffer, byteOffset, length);
    case 'int16': return new Int16Array(buffer, byteOffset, length);
    case 'int8': return new Int8Array(buffer, byteOffset, length);
    case 'uint64': return new BigUint64Array(buffer, byteOffset, length);
    case 'uint32': return new Uint32Array(buffer, byteOffset, length);
    case 'uint16': return new Uint16Array(buffer, byteOffset, length);
    default: return new Uint8Array(buffer, byteOffset, length);
  }
}

/** Of floating-point types float32 values, of others nothing. */
export function floatValues(type: ElementType, bytes: Uint8Array): Float32Array | undefined {
  const values = elementValues(type, bytes);
  if (values instanceof Float32Array) return values;
  return values instanceof Float64Array ? Float32Array.from(values) : undefined;
}
