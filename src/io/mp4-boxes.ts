/**
 * Finishes the encoder's MP4 files (ISO/IEC 14496-12):
 * - the index (`moov`) goes before the data, so that a player can begin before it has the end;
 * - the table of sync samples (`stss`) is added, without which every frame counts as a key frame and seeking shows garbage;
 * - the colour space is told, in the container (`colr`) and in the stream (h264-colour.ts): without that, players
 *   guess by the number of lines, and each by its own rule;
 * - the times of creation are cleared, so that equal frames give equal files.
 */

import { tagColour } from './h264-colour.ts';
import type { Colour } from './h264-colour.ts';

/** Boxes that hold boxes, after so many bytes of their own. */
const CONTAINERS: ReadonlyMap<string, number> = new Map([
  ['moov', 0], ['trak', 0], ['mdia', 0], ['minf', 0], ['stbl', 0], ['stsd', 8], ['avc1', 78],
]);

interface Box {
  readonly type: string;
  /** What is not a box. */
  data: Uint8Array;
  readonly boxes: Box[];
}

/** @param keyFrames numbers of the key frames, from 1 upwards. */
export function finishMp4(bytes: Uint8Array, keyFrames: readonly number[], colour: Colour): Uint8Array {
  const top = readBoxes(bytes);
  const data = top.find(({ type }) => type === 'mdat')!;
  const moov = top.find(({ type }) => type === 'moov')!;
  const within = (...types: string[]) => types.reduce((box, type) => find(box, type), moov);
  for (const times of [within('mvhd'), within('trak', 'tkhd'), within('trak', 'mdia', 'mdhd')]) {
    times.data.fill(0, 4, 12); // creation and modification
  }
  const tables = within('trak', 'mdia', 'minf', 'stbl');
  tables.boxes.push({ type: 'stss', data: words(0, keyFrames.length, ...keyFrames), boxes: [] });
  const sample = find(find(tables, 'stsd'), 'avc1');
  const configuration = find(sample, 'avcC');
  configuration.data = tagConfiguration(configuration.data, colour);
  sample.boxes.push({ type: 'colr', data: colourBox(colour), boxes: [] });

  const start = [top.find(({ type }) => type === 'ftyp')!, moov].reduce((sum, box) => sum + sizeOf(box), 0);
  const moved = start + 8 - (data.data.byteOffset - bytes.byteOffset);
  const offsets = find(tables, 'stco').data;
  const view = new DataView(offsets.buffer, offsets.byteOffset, offsets.length);
  for (let at = 8; at < offsets.length; at += 4) view.setUint32(at, view.getUint32(at) + moved);
  const out = new Uint8Array(start + sizeOf(data));
  let at = 0;
  for (const box of [top.find(({ type }) => type === 'ftyp')!, moov, data]) at = writeBox(out, at, box);
  return out;
}

/** 'nclx': primaries, transfer, matrix, and a flag for full range. */
function colourBox({ primaries, transfer, matrix }: Colour): Uint8Array {
  return Uint8Array.of(...new TextEncoder().encode('nclx'), 0, primaries, 0, transfer, 0, matrix, 0);
}

/** `avcC` (ISO/IEC 14496-15, 5.3.3.1): five bytes, then the sequence parameter sets, each led by its length. */
function tagConfiguration(data: Uint8Array, colour: Colour): Uint8Array {
  const length = (data[6] << 8) | data[7];
  const tagged = tagColour(data.subarray(8, 8 + length), colour);
  return Uint8Array.of(...data.subarray(0, 6), tagged.length >> 8, tagged.length & 255, ...tagged, ...data.subarray(8 + length));
}

function find({ type, boxes }: Box, wanted: string): Box {
  const box = boxes.find((inner) => inner.type === wanted);
  if (box === undefined) throw new Error(`the encoder wrote no ${wanted} box in ${type}`);
  return box;
}

function readBoxes(bytes: Uint8Array): Box[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const boxes: Box[] = [];
  for (let at = 0; at + 8 <= bytes.length; ) {
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const size = view.getUint32(at);
    // 1 means that 64 bits of size follow the type.
    const [length, head] = size === 1 ? [Number(view.getBigUint64(at + 8)), 16] : [size, 8];
    const own = CONTAINERS.get(type);
    const content = bytes.subarray(at + head, at + length);
    boxes.push({ type, data: content.subarray(0, own), boxes: own === undefined ? [] : readBoxes(content.subarray(own)) });
    at += Math.max(length, 8);
  }
  return boxes;
}

function sizeOf({ data, boxes }: Box): number {
  return boxes.reduce((sum, box) => sum + sizeOf(box), 8 + data.length);
}

/** @returns where the next one goes. */
function writeBox(out: Uint8Array, at: number, box: Box): number {
  out.set(words(sizeOf(box)), at);
  out.set(new TextEncoder().encode(box.type), at + 4);
  out.set(box.data, at + 8);
  let next = at + 8 + box.data.length;
  for (const inner of box.boxes) next = writeBox(out, next, inner);
  return next;
}

function words(...values: readonly number[]): Uint8Array {
  const out = new Uint8Array(values.length * 4);
  const view = new DataView(out.buffer);
  values.forEach((value, i) => view.setUint32(i * 4, value));
  return out;
}
