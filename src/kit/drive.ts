/**
 * Drives a port over its standard input and output, one JSON object a line (docs/porting.md):
 *
 *   → {"kit": 1}                                                  ← {"kit": 1, "name": "…", "kinds": […], "levels": […]}
 *   → {"run": "<id>", "kind": …, "level": …, "case": "<folder>", "kit": "<root>", "results": "<file stem>"}
 *      ← {"done": "<id>"} or {"skip": "<id>", "why": …} or {"error": "<id>", "why": …}
 *   → {"bye": true}, and the input is closed
 *
 * Other lines are no answers. A program that ends or is silent for too long has failed in one case; it is started anew
 * for the next one.
 */

import { mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { FileError, InfinityStarError } from '../errors.ts';
import type { Fields } from '../io/fields.ts';
import type { KitEntry } from './manifest.ts';
import { PortProcess } from './port-process.ts';

export interface DriveOptions {
  /** Run by the shell. */
  readonly command: string;
  /** For each answer. */
  readonly timeoutSeconds: number;
  /** Is told every line on the port's standard output that is no answer. */
  readonly stray?: (line: string) => void;
  /** Ends the port. */
  readonly signal?: AbortSignal;
}

export interface Outcome {
  readonly result: 'done' | 'skipped' | 'error';
  /** Why it was skipped, or what went wrong. */
  readonly why: string;
  readonly seconds: number;
}

export interface Driven {
  /** As the port calls itself. */
  readonly name: string;
  /** By id, of the cases that the port was asked for. */
  readonly outcomes: ReadonlyMap<string, Outcome>;
}

/**
 * Lets the port compute every case that it says it can; its results lie in `results` afterwards.
 * @throws FileError if the program does not start or does not answer the first question.
 */
export async function drivePort(
  directory: string,
  results: string,
  entries: readonly KitEntry[],
  { command, timeoutSeconds, stray = () => undefined, signal }: DriveOptions,
): Promise<Driven> {
  let port: PortProcess | undefined;
  const greet = async (): Promise<Fields> => {
    signal?.throwIfAborted();
    port = new PortProcess(command, timeoutSeconds, stray);
    return port.ask({ kit: 1 }, (answer) => answer.has('kit'));
  };
  const compute = async (entry: KitEntry): Promise<Omit<Outcome, 'seconds'>> => {
    try {
      if (port === undefined) await greet();
      return await ask(port!, directory, results, entry);
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof InfinityStarError)) throw error;
      port = undefined; // it has ended, or was ended
      return { result: 'error', why: error instanceof FileError ? error.problem : error.message };
    }
  };
  const kill = (): void => port?.kill();
  signal?.addEventListener('abort', kill);
  try {
    const hello = await greet();
    const [kinds, levels] = [listOf(hello, 'kinds'), listOf(hello, 'levels')];
    const outcomes = new Map<string, Outcome>();
    for (const entry of entries) {
      if (kinds?.includes(entry.kind) === false || levels?.includes(entry.level) === false) continue;
      const started = performance.now();
      const outcome = await compute(entry);
      outcomes.set(entry.id, { ...outcome, seconds: (performance.now() - started) / 1000 });
    }
    await port?.end();
    return { name: hello.has('name') ? String(hello.unknown('name')) : command, outcomes };
  } finally {
    signal?.removeEventListener('abort', kill);
    await port?.stop();
  }
}

async function ask(port: PortProcess, directory: string, results: string, { id, kind, level }: KitEntry): Promise<Omit<Outcome, 'seconds'>> {
  const stem = resolve(results, id);
  mkdirSync(dirname(stem), { recursive: true });
  const question = { run: id, kind, level, case: resolve(directory, id), kit: resolve(directory), results: stem };
  const answer = await port.ask(question, (candidate) => ['done', 'skip', 'error'].some((word) => candidate.unknown(word) === id));
  const said = answer.has('why') ? answer.unknown('why') : '';
  const why = typeof said === 'string' ? said : JSON.stringify(said);
  if (answer.unknown('skip') === id) return { result: 'skipped', why };
  return answer.unknown('error') === id ? { result: 'error', why } : { result: 'done', why };
}

/** The list under a key; nothing if the port has none: it takes all. */
function listOf(hello: Fields, key: string): readonly string[] | undefined {
  return hello.has(key) ? hello.strings(key) : undefined;
}
