/** `kit.json`: what a kit holds, in the order in which a port is checked. */

import { join } from 'node:path';
import { loadCase, readJson } from '../conform/load.ts';
import type { Case } from '../conform/case.ts';
import { FileError, show } from '../errors.ts';
import { Fields } from '../io/fields.ts';
import { plainPath } from '../io/plain-path.ts';
import type { Profile, Tolerance } from './profiles.ts';
import type { HalfPrecision } from './rounded-backend.ts';
import { checkDigests, kitDigest } from './version.ts';

/** Of kits that this version writes and reads. 2: main outputs, inputs apart from answers, digests. */
export const KIT_FORMAT = 2;

/** Which kit it is. */
export interface KitIdentity {
  /** Of the project that made it. */
  readonly version: string;
  readonly commit: string;
  /** Of all its files. */
  readonly sha256: string;
}

export interface Kit extends KitIdentity {
  readonly entries: readonly KitEntry[];
  /** Whether expected values are there. */
  readonly answers: boolean;
}

export interface KitEntry {
  readonly id: string;
  readonly kind: string;
  readonly level: string;
}

/** What `case.json` says of an output beyond the golden format. */
export interface OutputNote {
  readonly step: string;
  /** Why the tolerance is what it is. */
  readonly why: string;
  /** Tolerances of the half-precision profiles. */
  readonly half?: Readonly<Record<HalfPrecision, Tolerance>>;
}

export interface KitCase extends KitEntry {
  /** Its outputs have the tolerances of the profile. */
  readonly case: Case;
  readonly profile: Profile;
  readonly notes: ReadonlyMap<string, OutputNote>;
  /** Outputs without which the case has not passed. */
  readonly main: readonly string[];
  /** Step of every result that is JSON. */
  readonly jsonSteps: Fields;
}

/** The cases of a kit. @throws FileError if there is no readable kit of this format, or a file is not what it lists. */
export function readManifest(directory: string): readonly KitEntry[] {
  return readKit(directory).entries;
}

/** @throws FileError as readManifest. */
export function readKit(directory: string): Kit {
  const file = join(directory, 'kit.json');
  const content = new Fields(readJson(file), file);
  const format = content.unknown('format');
  if (format !== KIT_FORMAT) {
    throw new FileError(file, `a kit of format ${show(format)}; this version reads format ${KIT_FORMAT}: export the kit anew`);
  }
  const entries = content.objects('cases').map((entry) => {
    return { id: plainPath(entry.string('id'), `${entry.where}.id`), kind: entry.string('kind'), level: entry.string('level') };
  });
  const files = content.child('files');
  const digests = new Map(files.keys.map((name) => [plainPath(name, `${files.where}`), files.string(name)]));
  checkDigests(directory, digests);
  return {
    version: content.string('version'),
    commit: content.string('commit'),
    sha256: kitDigest(digests),
    answers: content.boolean('answers'),
    entries,
  };
}

/**
 * @param profile the precision that the port computes in.
 * @throws FileError or ArgumentError if the case is damaged.
 */
export function readKitCase(directory: string, entry: KitEntry, profile: Profile = 'float32'): KitCase {
  const folder = join(directory, entry.id);
  const file = join(folder, 'case.json');
  const description = new Fields(readJson(file), file);
  const outputs = description.has('outputs') ? description.objects('outputs') : [];
  const notes = new Map(outputs.map((output) => [output.string('name'), readNote(output)] as const));
  const [main, jsonSteps] = [description.strings('main'), description.child('json_steps')];
  return { ...entry, case: withTolerances(loadCase(folder), notes, profile), profile, notes, main, jsonSteps };
}

function withTolerances(c: Case, notes: ReadonlyMap<string, OutputNote>, profile: Profile): Case {
  if (profile === 'float32') return c;
  return { ...c, outputs: c.outputs.map((output) => ({ ...output, ...notes.get(output.name)?.half?.[profile] })) };
}

function readNote(output: Fields): OutputNote {
  const note = { step: output.string('step'), why: output.string('why') };
  if (!output.has('half')) return note;
  const tolerance = (profile: HalfPrecision): Tolerance => {
    const fields = output.child('half').child(profile);
    return { atol: fields.number('atol'), rtol: fields.number('rtol') };
  };
  return { ...note, half: { bf16: tolerance('bf16'), f16: tolerance('f16') } };
}
