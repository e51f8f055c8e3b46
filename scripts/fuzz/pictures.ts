/** Pictures and videos that are wrong in one place or another, with right checksums and lengths around it. */

import { deflateSync } from 'node:zlib';
import { readChunks, writeChunks } from '../../src/io/png-chunks.ts';
import type { Chunk } from '../../src/io/png-chunks.ts';
import { apng, cmykJpeg, gifs, jpegs, pngs } from '../../test/io/samples.ts';
import { webps } from '../../test/io/webp-samples.ts';
import { concat, mutateBytes, mutateList } from './mutate.ts';
import type { Random } from './random.ts';

const bytesOf = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, 'base64'));

export function png(random: Random): Uint8Array {
  return chunked(bytesOf(random.chance(0.5) ? apng.base64 : random.pick(Object.values(pngs))), random);
}

/** A PNG from nothing: any header, and data of about its size. */
export function pngOfAnySize(random: Random): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(random.chance(0.7) ? 1 + random.below(40) : random.number() % 2 ** 32, 0);
  header.writeUInt32BE(random.chance(0.7) ? 1 + random.below(40) : random.number() % 2 ** 32, 4);
  header.set([random.pick([1, 2, 4, 8, 16, 3]), random.pick([0, 2, 3, 4, 6, 1]), 0, 0, random.below(2)], 8);
  const raw = random.chance(0.9) ? random.bytes(random.below(6000)) : new Uint8Array(random.below(2 ** 22));
  for (let at = 0; at < raw.length; at++) if (random.chance(0.2)) raw[at] %= 5;
  const palette = { type: 'PLTE', data: random.bytes(3 * (1 + random.below(256))) };
  return writeChunks([
    { type: 'IHDR', data: new Uint8Array(header) }, ...(random.chance(0.5) ? [palette] : []),
    { type: 'IDAT', data: mutateRarely(new Uint8Array(deflateSync(raw)), random) }, { type: 'IEND', data: new Uint8Array(0) },
  ]);
}

function chunked(bytes: Uint8Array, random: Random): Uint8Array {
  const chunks = mutateList<Chunk>(readChunks(bytes, 'seed'), random, ({ type, data }) => ({ type, data: mutateBytes(data, random) }));
  return mutateRarely(writeChunks(chunks), random);
}

function mutateRarely(bytes: Uint8Array, random: Random): Uint8Array {
  return random.chance(0.2) ? mutateBytes(bytes, random) : bytes;
}

export function gif(random: Random): Uint8Array {
  const bytes = bytesOf(random.pick(gifs).base64);
  const parts = gifParts(bytes);
  return mutateRarely(concat(...mutateList(parts, random, (part) => mutateBytes(part, random))), random);
}

/** Screen and palette; every extension; every picture; the end. */
function gifParts(bytes: Uint8Array): Uint8Array[] {
  const starts = [0];
  let at = 13 + ((bytes[10] & 0x80) !== 0 ? 3 * 2 ** ((bytes[10] & 7) + 1) : 0);
  const skip = () => {
    while (bytes[at] > 0) at += 1 + bytes[at];
    at++;
  };
  while (at < bytes.length) {
    starts.push(at);
    const block = bytes[at];
    if (block === 0x3b) break;
    if (block === 0x21) at += 2;
    else at += 11 + ((bytes[at + 9] & 0x80) !== 0 ? 3 * 2 ** ((bytes[at + 9] & 7) + 1) : 0);
    skip();
  }
  return starts.map((start, i) => bytes.subarray(start, starts[i + 1]));
}

export function jpeg(random: Random): Uint8Array {
  const bytes = bytesOf(random.pick([...jpegs.map(({ base64 }) => base64), cmykJpeg]));
  const starts = [0];
  for (let at = 2; at < bytes.length - 1; at++) {
    if (bytes[at] === 0xff && bytes[at + 1] !== 0 && bytes[at + 1] !== 0xff) starts.push(at);
  }
  const segments = starts.map((start, i) => bytes.subarray(start, starts[i + 1]));
  return mutateRarely(concat(...mutateList(segments, random, (segment) => mutateBytes(segment, random))), random);
}

export function webp(random: Random): Uint8Array {
  const bytes = bytesOf(random.pick(Object.values(webps)).base64);
  return mutateBytes(bytes, random);
}
