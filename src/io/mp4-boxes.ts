/**
 * Finishes the encoder's MP4 files (ISO/IEC 14496-12): adds the table of sync samples (`stss`), without which every
 * frame counts as a key frame and seeking shows garbage, and clears the times of creation, so that
 * equal frames give equal files.
 */

/** The boxes that lead to the sample tables; each contains the next. */
const PATH = ['moov', 'trak', 'mdia', 'minf', 'stbl'];

interface Box {
  readonly start: number;
  readonly end: number;
}

/** @param keyFrames numbers of the key frames, from 1 upwards. */
export function finishMp4(bytes: Uint8Array, keyFrames: readonly number[]): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const boxes: Box[] = [];
  for (const type of PATH) {
    const outer = boxes.at(-1);
    boxes.push(findBox(view, type, outer === undefined ? 0 : outer.start + 8, outer?.end ?? bytes.length));
  }
  const [movie, track, media] = boxes as [Box, Box, Box];
  for (const [type, parent] of [['mvhd', movie], ['tkhd', track], ['mdhd', media]] as const) {
    const { start } = findBox(view, type, parent.start + 8, parent.end);
    bytes.fill(0, start + 12, start + 20); // creation and modification
  }
  const table = syncTable(keyFrames);
  for (const { start, end } of boxes) view.setUint32(start, end - start + table.length);
  // The frames lie before `moov`, so their offsets stay.
  const at = boxes.at(-1)!.end;
  const out = new Uint8Array(bytes.length + table.length);
  out.set(bytes.subarray(0, at));
  out.set(table, at);
  out.set(bytes.subarray(at), at + table.length);
  return out;
}

/** Size, type, version and flags, count, frame numbers. */
function syncTable(keyFrames: readonly number[]): Uint8Array {
  const table = new Uint8Array(16 + keyFrames.length * 4);
  const view = new DataView(table.buffer);
  view.setUint32(0, table.length);
  table.set(new TextEncoder().encode('stss'), 4);
  view.setUint32(12, keyFrames.length);
  keyFrames.forEach((frame, i) => view.setUint32(16 + i * 4, frame));
  return table;
}

function findBox(view: DataView, type: string, from: number, to: number): Box {
  for (let start = from; start + 8 <= to; ) {
    const size = view.getUint32(start);
    // 1 means that 64 bits of size follow the type.
    const length = size === 1 ? Number(view.getBigUint64(start + 8)) : size;
    const name = String.fromCharCode(...new Uint8Array(view.buffer, view.byteOffset + start + 4, 4));
    if (name === type) return { start, end: start + length };
    start += Math.max(length, 8);
  }
  throw new Error(`the encoder wrote no ${type} box`);
}
