/** A kit's tensors as safetensors too, for languages where that is easier to read than a ZIP archive. */

import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HostArray } from '../array/host.ts';
import { rowMajor } from '../array/host.ts';
import { readWholeSync } from '../io/files.ts';
import { readNpz } from '../io/npz.ts';

const TYPES = { Float32Array: 'F32', Int32Array: 'I32', Uint8Array: 'U8' } as const;

/** Writes `<name>.safetensors` beside every `<name>.npz` below a folder, under the same names of tensors. */
export function writeSafetensorsCopies(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) writeSafetensorsCopies(path);
    if (entry.isFile() && path.endsWith('.npz')) writeFileSync(path.replace(/npz$/, 'safetensors'), safetensors(readNpz(readWholeSync(path), path)));
  }
}

/** A header of JSON, then the values one after the other. */
function safetensors(arrays: ReadonlyMap<string, HostArray>): Uint8Array {
  const header: Record<string, object> = {};
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const [name, array] of arrays) {
    const values = rowMajor(array);
    const dtype = TYPES[values.constructor.name as keyof typeof TYPES];
    header[name] = { dtype, shape: array.shape, data_offsets: [at, at + values.byteLength] };
    parts.push(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    at += values.byteLength;
  }
  const text = JSON.stringify(header);
  const padded = Buffer.from(text.padEnd(Math.ceil(text.length / 8) * 8));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(padded.length));
  return Buffer.concat([size, padded, ...parts]);
}
