/** Traces on the shelf: that of the run on the page, and two that were opened. */

import { ArgumentError, compareTraces, FileError, memorySource, openZip, readMember, readTrace, readTraceArchive } from '../../src/browser.ts';
import type { StageDifference, TraceReader } from '../../src/browser.ts';
import type { NamedFile, TraceInfo, TraceSlot } from './protocol.ts';

/** Larger ones are for the command line. */
const LARGEST = 2 ** 30;

export class TraceShelf {
  private readonly traces = new Map<TraceSlot, TraceReader>();

  get(slot: TraceSlot): TraceReader {
    const trace = this.traces.get(slot);
    if (trace === undefined) throw new ArgumentError('trace', 'one that is open', slot);
    return trace;
  }

  set(slot: TraceSlot, trace: TraceReader): void {
    this.traces.set(slot, trace);
  }

  infos(): Readonly<Record<TraceSlot, TraceInfo | undefined>> {
    const info = (slot: TraceSlot): TraceInfo | undefined => {
      const trace = this.traces.get(slot);
      return trace && { header: trace.header, stages: [...trace.stages] };
    };
    return { run: info('run'), a: info('a'), b: info('b') };
  }

  /** A folder's two files, `tensors.npz` alone, or an archive of a folder. @throws FileError if there is no trace in them. */
  async open(slot: 'a' | 'b', files: readonly NamedFile[]): Promise<TraceInfo> {
    const trace = await readFiles(files);
    this.traces.set(slot, trace);
    return { header: trace.header, stages: [...trace.stages] };
  }

  /** Of the two that are open, or the run and the one that is. */
  async compare(signal: AbortSignal): Promise<readonly StageDifference[]> {
    const [first, second] = this.traces.has('a') && this.traces.has('b') ? (['a', 'b'] as const) : (['run', this.traces.has('a') ? 'a' : 'b'] as const);
    const lines: StageDifference[] = [];
    for await (const line of compareTraces(this.get(first), this.get(second))) {
      signal.throwIfAborted();
      lines.push(line);
    }
    return lines;
  }
}

async function readFiles(files: readonly NamedFile[]): Promise<TraceReader> {
  if (files.reduce((sum, { bytes }) => sum + bytes.length, 0) > LARGEST) throw new FileError('the trace', 'is larger than 1 GiB; use `infinitystar trace show`');
  const find = (end: string): NamedFile | undefined => files.find(({ name }) => name.endsWith(end));
  const [lines, archive, zip] = [find('trace.jsonl'), find('.npz'), find('.zip')];
  if (archive !== undefined) {
    const source = memorySource(archive.bytes, archive.name);
    return lines === undefined ? readTraceArchive(source) : readTrace(lines.bytes, lines.name, source);
  }
  if (zip === undefined) throw new FileError(files[0]?.name ?? 'nothing', 'is no trace: a folder with trace.jsonl and tensors.npz, a .zip of one, or an .npz');
  const source = memorySource(zip.bytes, zip.name);
  const inside: NamedFile[] = [];
  for (const [name, member] of await openZip(source)) {
    if (!/(^|\/)(trace\.jsonl|tensors\.npz)$/.test(name)) continue;
    if (member.size > LARGEST) throw new FileError(zip.name, 'unpacks to more than 1 GiB');
    inside.push({ name, bytes: await readMember(source, member, 0, member.size) });
  }
  if (!inside.some(({ name }) => name.endsWith('.npz'))) throw new FileError(zip.name, 'holds no tensors.npz');
  return readFiles(inside);
}
