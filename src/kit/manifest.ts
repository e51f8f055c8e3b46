/** `kit.json`: what a kit holds, in the order in which a port is checked. */

import { join } from 'node:path';
import { loadCase, readJson } from '../conform/load.ts';
import type { Case } from '../conform/case.ts';
import { FileError, show } from '../errors.ts';
import { Fields } from '../io/fields.ts';
import { plainPath } from '../io/plain-path.ts';

/** Of kits that this version writes and reads. 2: main outputs. */
export const KIT_FORMAT = 2;

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
}

export interface KitCase extends KitEntry {
  readonly case: Case;
  readonly notes: ReadonlyMap<string, OutputNote>;
  /** Outputs without which the case has not passed. */
  readonly main: readonly string[];
  /** Step of every result that is JSON. */
  readonly jsonSteps: Fields;
}

/** @throws FileError if there is no readable kit of this format in the folder. */
export function readManifest(directory: string): KitEntry[] {
  const file = join(directory, 'kit.json');
  const content = new Fields(readJson(file), file);
  const format = content.unknown('format');
  if (format !== KIT_FORMAT) {
    throw new FileError(file, `a kit of format ${show(format)}; this version reads format ${KIT_FORMAT}: export the kit anew`);
  }
  return content.objects('cases').map((entry) => {
    return { id: plainPath(entry.string('id'), `${entry.where}.id`), kind: entry.string('kind'), level: entry.string('level') };
  });
}

/** @throws FileError or ArgumentError if the case is damaged. */
export function readKitCase(directory: string, entry: KitEntry): KitCase {
  const folder = join(directory, entry.id);
  const file = join(folder, 'case.json');
  const description = new Fields(readJson(file), file);
  const outputs = description.has('outputs') ? description.objects('outputs') : [];
  const notes = outputs.map((output) => [output.string('name'), { step: output.string('step'), why: output.string('why') }] as const);
  const [main, jsonSteps] = [description.strings('main'), description.child('json_steps')];
  return { ...entry, case: loadCase(folder), notes: new Map(notes), main, jsonSteps };
}
