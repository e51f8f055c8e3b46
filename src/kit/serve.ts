/** This implementation as a port: answers `kit run` on the other end of drive.ts, and shows other ports how. */

import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { HostArray } from '../array/host.ts';
import type { Backend } from '../backend/backend.ts';
import type { Case } from '../conform/case.ts';
import { loadCase } from '../conform/load.ts';
import { InfinityStarError } from '../errors.ts';
import { Fields } from '../io/fields.ts';
import { writeNpz } from '../io/npz.ts';
import { parseStrictJsonText } from '../io/strict-json.ts';
import { kitKinds } from './kinds.ts';
import { runStaged } from './staged.ts';

/** What a case's computation gives, by output. */
export interface Computed {
  readonly arrays: Map<string, HostArray>;
  readonly json: Map<string, unknown>;
  /** Why it ended early. */
  readonly error?: string;
}

/** Computes all outputs of a case; after an error those before it. */
export async function computeCase(c: Case, b: Backend, kinds = kitKinds): Promise<Computed> {
  const [arrays, json] = [new Map<string, HostArray>(), new Map<string, unknown>()];
  const known = new Set(c.outputs.map(({ name }) => name));
  try {
    await runStaged(c, kinds.get(c.kind)!, b, {
      tensor: (name, value) => {
        if (known.has(name)) arrays.set(name, value);
      },
      json: (name, value) => {
        if (c.jsonOutputs.includes(name)) json.set(name, value);
      },
    });
    return { arrays, json };
  } catch (error) {
    return { arrays, json, error: error instanceof InfinityStarError ? error.message : String(error) };
  }
}

/** Answers until the input ends. */
export async function serve(input: NodeJS.ReadableStream, output: NodeJS.WritableStream, b: Backend): Promise<void> {
  const answer = (content: object): void => {
    output.write(`${JSON.stringify(content)}\n`);
  };
  for await (const line of createInterface({ input })) {
    const question = new Fields(parseStrictJsonText(line, 'question'), 'question');
    if (question.has('bye')) return;
    if (!question.has('run')) {
      answer({ kit: 1, name: `infinitystar on ${b.name}`, kinds: [...kitKinds.keys()] });
      continue;
    }
    const id = question.string('run');
    const { arrays, json, error } = await computeCase(loadCase(question.string('case')), b);
    const stem = question.string('results');
    if (arrays.size > 0) writeFileSync(`${stem}.npz`, writeNpz(arrays));
    if (json.size > 0) writeFileSync(`${stem}.json`, JSON.stringify(Object.fromEntries(json)));
    answer(error === undefined ? { done: id } : { error: id, why: error });
  }
}
