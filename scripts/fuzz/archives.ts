/** Files of tensors that are wrong in one place or another: inside archives, with right checksums around it. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { strToU8, zipSync } from 'fflate';
import { hostTensor } from '../../src/array/host.ts';
import { BLOCK_TYPES, quantizeBlocks } from '../../src/array/block-matrix.ts';
import { ggufChunks } from '../../src/gguf/write.ts';
import { memorySource } from '../../src/io/byte-source.ts';
import { openZip, readMember } from '../../src/io/zip.ts';
import { concat, mutateBytes, mutateJson, mutateList } from './mutate.ts';
import type { Random } from './random.ts';

const golden = join(import.meta.dirname, '../../fixtures/golden');
export const fixture = (...path: string[]): Uint8Array => new Uint8Array(readFileSync(join(golden, ...path)));

/** An array of NumPy: any type, order and shape, and about as much data as it says. */
export function npy(random: Random): Uint8Array {
  const type = random.pick(['<f4', '<f4', '<i8', '|u1', '<i4', '<f8', '<f2', '|b1', '>f4', '<c8', '|O', '<U3', '|S0', 'f', '']);
  const rank = random.pick([0, 1, 2, 2, 3, 5, 33, 1000]);
  const shape = Array.from({ length: rank }, () => (random.chance(0.9) ? random.below(5) : random.number()));
  const order = random.pick(['False', 'False', 'True', '1']);
  const header = `{'descr': '${type}', 'fortran_order': ${order}, 'shape': (${shape.map((n) => `${n},`).join(' ')}), }`;
  const padded = header.padEnd(64 * Math.ceil((header.length + 11) / 64) - 11) + '\n';
  const size = shape.reduce((product, n) => product * n, 8);
  const length = random.chance(0.8) && size < 10_000 ? size : random.below(300);
  const start = Uint8Array.of(0x93, ...strToU8('NUMPY'), random.pick([1, 1, 1, 2, 3, 9]), 0, padded.length & 255, padded.length >> 8);
  return mutateRarely(concat(start, strToU8(padded), random.bytes(length)), random);
}

export function npz(random: Random): Uint8Array {
  const names = ['a.npy', 'b.npy', 'x/y.npy', '../z.npy', 'a', '', '__proto__.npy'];
  const members = Object.fromEntries(Array.from({ length: random.below(4) }, () => [random.pick(names), npy(random)] as const));
  const zip = zipSync(members, { level: random.pick([0, 6]) });
  return random.chance(0.5) ? mutateDirectory(zip, random) : mutateRarely(zip, random);
}

/** Changes a number of the central directory or of a local header: sizes, offsets, methods, checksums. */
function mutateDirectory(zip: Uint8Array, random: Random): Uint8Array {
  const out = zip.slice();
  const view = new DataView(out.buffer);
  const places: number[] = [];
  for (let at = 0; at + 4 <= out.length; at++) {
    if ([0x02014b50, 0x04034b50, 0x06054b50].includes(view.getUint32(at, true))) places.push(at);
  }
  const at = random.pick(places) + 4 + random.below(40);
  if (at + 4 <= out.length) view.setUint32(at, random.number(), true);
  return out;
}

export function safetensors(random: Random): Uint8Array {
  const count = 1 + random.below(3);
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  for (let i = 0; i < count; i++) header[`w${i}`] = { dtype: 'F32', shape: [2, 2], data_offsets: [16 * i, 16 * i + 16] };
  const text = strToU8(random.chance(0.85) ? mutateJson(header, random) : JSON.stringify(header));
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(random.chance(0.95) ? text.length : random.number()), true);
  return mutateRarely(concat(length, text, random.bytes(16 * count)), random);
}

const TORCH = ['nested', 'nested-protocol4', 'views', 'dtypes', 'trainer', 'zip64'].map((name) => `torch-${name}/model.pt`);
const LEGACY = ['nested', 'views', 'trainer'].map((name) => `torch-legacy-${name}/model.pth`);
/** Opcodes of pickles, some with arguments that ask for much. */
const OPCODES = ['(', '0', '1', '2', ')', ']', '}', 'R', 'b', 't', 'u', 's', 'a', 'e', 'Q', '.', 'N', '\x85', '\x86', '\x87', '\x94', 'h\0',
  'q\0', 'j\xff\xff\xff\x7f', 'r\xff\xff\xff\x7f', 'J\xff\xff\xff\x7f', '\x8a\x08\0\0\0\0\0\0\0\x80', 'cos\nsystem\n',
  'ctorch\nSize\n', 'X\xff\xff\xff\x7f', 'B\xff\xff\xff\xff', '\x95\xff\xff\xff\xff\xff\xff\xff\x7f'];

/** A checkpoint of PyTorch whose pickle is changed within an archive that is whole. */
export async function torchZip(random: Random): Promise<Uint8Array> {
  const source = memorySource(fixture('checkpoint', random.pick(TORCH)), 'seed');
  const members: [string, Uint8Array][] = [];
  for (const [name, member] of await openZip(source)) members.push([name, await readMember(source, member, 0, member.size)]);
  const changed = members.map(([name, bytes]): [string, Uint8Array] => {
    return [name, /\.pkl$|byteorder|version/.test(name) ? mutatePickle(bytes, random) : bytes];
  });
  const kept = random.chance(0.9) ? changed : mutateList(changed, random, (one) => one);
  return mutateRarely(zipSync(Object.fromEntries(kept), { level: 0 }), random);
}

export function torchLegacy(random: Random): Uint8Array {
  return mutatePickle(fixture('checkpoint', random.pick(LEGACY)), random);
}

/** Opcodes put in, numbers and names changed. */
function mutatePickle(bytes: Uint8Array, random: Random): Uint8Array {
  let out = mutateBytes(bytes, random);
  for (let times = random.below(3); times > 0; times--) {
    const at = random.below(out.length + 1);
    const opcodes = random.pick(OPCODES);
    out = concat(out.subarray(0, at), Uint8Array.from(opcodes, (character) => character.charCodeAt(0)), out.subarray(at));
  }
  return out;
}

export async function gguf(random: Random): Promise<Uint8Array> {
  const notes = new Map<string, string | number | readonly string[]>([['general.architecture', 't5'], ['a', 3], ['list', ['x', 'y']]]);
  const values = () => Promise.resolve(hostTensor(new Float32Array(6), [2, 3]));
  const plain = (['f32', 'f16'] as const).map((type) => ({ key: type, type, shape: [2, 3], values }));
  const blocks = BLOCK_TYPES.map((type) => {
    const matrix = hostTensor(new Float32Array(512), [2, 256]);
    return { key: type, type, shape: matrix.shape, values: () => Promise.resolve(quantizeBlocks(type, matrix)) };
  });
  const tensors = [...plain, ...blocks];
  const chunks: Uint8Array[] = [];
  for await (const chunk of ggufChunks(tensors, notes)) chunks.push(chunk);
  return mutateBytes(concat(...chunks), random);
}

function mutateRarely(bytes: Uint8Array, random: Random): Uint8Array {
  return random.chance(0.25) ? mutateBytes(bytes, random) : bytes;
}
