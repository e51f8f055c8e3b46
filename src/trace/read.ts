/**
 * Reads what `--trace` wrote (docs/traces.md): the lines at once, values one at a time and by range, so that a trace of
 * any size can be listed and looked into. Files come from anywhere and are checked.
 */

import { sameShape } from '../array/host.ts';
import type { HostArray, Shape } from '../array/host.ts';
import { openZip, readMember } from '../io/zip.ts';
import type { ZipMember } from '../io/zip.ts';
import { FileError, show } from '../errors.ts';
import type { ByteSource } from '../io/byte-source.ts';
import { Fields } from '../io/fields.ts';
import { readNpy } from '../io/npy.ts';
import { parseStrictJson } from '../io/strict-json.ts';
import type { Statistics } from './statistics.ts';
import { statisticsOf } from './statistics.ts';
import { stepOfStage } from './stages.ts';

/** One line of a trace. */
export interface TraceStage extends Statistics {
  readonly name: string;
  /** The spec step that makes the value; may be empty. */
  readonly step: string;
  readonly shape: Shape;
  readonly dtype: string;
}

export interface TraceReader {
  /** What was run: the first line. */
  readonly header: Readonly<Record<string, unknown>>;
  /** In the order of execution. */
  readonly stages: readonly TraceStage[];
  /** @throws FileError if there is no such value, or it is damaged. */
  value(name: string): Promise<HostArray>;
}

/** A line holds a few hundred bytes; the released models' longest runs have some ten thousand stages. */
const MAX_STAGES = 1_000_000;
const MAX_LINE = 2 ** 14;
const MAX_RANK = 8;

/**
 * @param lines the bytes of `trace.jsonl`. @param archive `tensors.npz`; whoever opened it closes it.
 * @throws FileError if they are no trace, or damaged.
 */
export async function readTrace(lines: Uint8Array, name: string, archive: ByteSource): Promise<TraceReader> {
  const { header, stages } = parseLines(lines, name);
  const members = await openZip(archive);
  return { header, stages, value: (stage) => valueOf(archive, members, stages, stage) };
}

/** The values alone, in the order of the archive: what there is of a trace without its lines, or of golden outputs. */
export async function readTraceArchive(archive: ByteSource): Promise<TraceReader> {
  const members = await openZip(archive);
  const stages: TraceStage[] = [];
  for (const member of members.keys()) {
    const name = /^out\/(.*)\.npy$/.exec(member)?.[1];
    if (name === undefined) continue;
    const value = await valueOf(archive, members, [], name);
    const dtype = value.data instanceof Float32Array ? 'float32' : value.data instanceof Int32Array ? 'int32' : 'uint8';
    stages.push({ name, step: stepOfStage(name), shape: value.shape, dtype, ...statisticsOf(value) });
  }
  if (stages.length === 0) throw new FileError(archive.name, 'holds no values of a trace (out/<name>.npy)');
  return { header: {}, stages, value: (stage) => valueOf(archive, members, stages, stage) };
}

function parseLines(bytes: Uint8Array, name: string): Pick<TraceReader, 'header' | 'stages'> {
  const stages: TraceStage[] = [];
  let header: Readonly<Record<string, unknown>> | undefined;
  for (let start = 0, number = 1; start < bytes.length; number++) {
    const found = bytes.indexOf(0x0a, start);
    const end = found < 0 ? bytes.length : found;
    const where = `${name}: line ${number}`;
    if (end - start > MAX_LINE) throw new FileError(where, `is longer than ${MAX_LINE} bytes`);
    if (end > start) {
      const value = parseStrictJson(bytes.subarray(start, end), where);
      if (header === undefined) header = parseHeader(value, where);
      else if (stages.length < MAX_STAGES) stages.push(parseStage(value, where));
      else throw new FileError(name, `has more than ${MAX_STAGES} stages`);
    }
    start = end + 1;
  }
  if (header === undefined) throw new FileError(name, 'is no trace: its first line is missing');
  return { header, stages };
}

function parseHeader(value: unknown, where: string): Readonly<Record<string, unknown>> {
  const fields = new Fields(value, where);
  if (fields.unknown('format') !== 1) throw new FileError(where, `is no trace of format 1 (format: ${show(fields.unknown('format'))})`);
  return value as Readonly<Record<string, unknown>>;
}

function parseStage(value: unknown, where: string): TraceStage {
  const fields = new Fields(value, where);
  const shape = fields.numbers('shape');
  if (shape.length > MAX_RANK || !shape.every((extent) => Number.isSafeInteger(extent) && extent >= 0)) {
    throw new FileError(where, `shape ${show(shape)} is none of at most ${MAX_RANK} axes`);
  }
  return {
    name: fields.string('name'), step: fields.string('step'), shape, dtype: fields.string('dtype'),
    min: fields.number('min'), max: fields.number('max'), mean: fields.number('mean'), std: fields.number('std'),
    notFinite: fields.integer('notFinite'),
  };
}

async function valueOf(
  archive: ByteSource, members: ReadonlyMap<string, ZipMember>, stages: readonly TraceStage[], name: string,
): Promise<HostArray> {
  const member = members.get(`out/${name}.npy`);
  if (member === undefined) throw new FileError(archive.name, `has no value ${show(name)}`);
  const value = readNpy(await readMember(archive, member, 0, member.size), `${archive.name}: ${show(name)}`);
  const stage = stages.find((candidate) => candidate.name === name);
  if (stage !== undefined && !sameShape(stage.shape, value.shape)) {
    throw new FileError(`${archive.name}: ${show(name)}`, `has shape ${show(value.shape)}, its line says ${show(stage.shape)}`);
  }
  return value;
}
