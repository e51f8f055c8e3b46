/**
 * Values that a program keeps for itself: the SHA-256 of the rest, then the values as .npy. What is damaged, by a kill while it
 * was written perhaps, is known by it and counts as absent.
 */

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { HostTensor } from '../array/host.ts';
import { readNpy, writeNpy } from './npy.ts';

const DIGEST = 32;

export function sealedNpy(values: HostTensor): Uint8Array {
  const payload = writeNpy(values);
  return Buffer.concat([digestOf(payload), payload]);
}

/** Nothing if the file is absent, damaged or of another kind. @param axes of the values. */
export async function readSealed(file: string, axes: number): Promise<HostTensor | undefined> {
  try {
    const bytes = Uint8Array.from(await readFile(file));
    const payload = bytes.subarray(DIGEST);
    if (!digestOf(payload).equals(bytes.subarray(0, DIGEST))) return undefined;
    const values = readNpy(payload, file);
    return values.data instanceof Float32Array && values.shape.length === axes ? (values as HostTensor) : undefined;
  } catch {
    return undefined;
  }
}

function digestOf(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
