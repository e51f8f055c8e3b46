/**
 * Drives a port over its standard input and output, one JSON object a line (docs/porting.md):
 *
 *   → {"kit": 1}                                                  ← {"kit": 1, "name": "…", "kinds": […], "levels": […]}
 *   → {"run": "<id>", "kind": …, "level": …, "case": "<folder>", "kit": "<root>", "results": "<file stem>"}
 *      ← {"done": "<id>"} or {"skip": "<id>", "why": …} or {"error": "<id>", "why": …}
 *   → {"bye": true}, and the input is closed
 */

import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { FileError } from '../errors.ts';
import { Fields } from '../io/fields.ts';
import type { KitEntry } from './manifest.ts';

export interface DriveOptions {
  /** Run by the shell. */
  readonly command: string;
  /** For each answer. */
  readonly timeoutSeconds: number;
}

export interface Driven {
  /** As the port calls itself. */
  readonly name: string;
  /** Id → why a case was left out or failed to run. */
  readonly notes: ReadonlyMap<string, string>;
}

/**
 * Lets the port compute every case that it says it can; its results lie in `results` afterwards.
 * @throws FileError if the program does not answer as it should.
 */
export async function drivePort(
  directory: string,
  results: string,
  entries: readonly KitEntry[],
  { command, timeoutSeconds }: DriveOptions,
): Promise<Driven> {
  const port = new Port(command, timeoutSeconds);
  const notes = new Map<string, string>();
  try {
    const hello = await port.ask({ kit: 1 });
    const [kinds, levels] = [listOf(hello, 'kinds'), listOf(hello, 'levels')];
    for (const { id, kind, level } of entries) {
      if (kinds?.includes(kind) === false || levels?.includes(level) === false) continue;
      const stem = resolve(results, id);
      mkdirSync(dirname(stem), { recursive: true });
      const [folder, kit] = [resolve(directory, id), resolve(directory)];
      const answer = await port.ask({ run: id, kind, level, case: folder, kit, results: stem });
      const why = answer.has('why') ? String(answer.unknown('why')) : '';
      if (answer.has('skip')) notes.set(id, `skipped: ${why}`);
      else if (answer.has('error')) notes.set(id, `error: ${why}`);
      else if (answer.unknown('done') !== id) throw new FileError(command, `answered '${JSON.stringify(answer.unknown('done'))}' to ${id}`);
    }
    return { name: hello.has('name') ? String(hello.unknown('name')) : command, notes };
  } finally {
    port.end();
  }
}

/** The list under a key; nothing if the port has none: it takes all. */
function listOf(hello: Fields, key: string): readonly string[] | undefined {
  return hello.has(key) ? hello.strings(key) : undefined;
}

/** A running program that answers line by line. */
class Port {
  private readonly child;
  private readonly lines: AsyncIterator<string>;
  private readonly failed: Promise<never>;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly command: string,
    private readonly timeoutSeconds: number,
  ) {
    this.child = spawn(command, { shell: true, detached: true, stdio: ['pipe', 'pipe', 'inherit'] });
    this.child.stdin.on('error', () => undefined); // a program that has ended is noticed by its missing answer
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
    this.failed = new Promise((_, reject) => this.child.on('error', (error) => reject(new FileError(command, error.message))));
    this.failed.catch(() => undefined);
  }

  /** @throws FileError if no JSON object comes back in time. */
  async ask(question: object): Promise<Fields> {
    this.child.stdin.write(`${JSON.stringify(question)}\n`);
    const answer = await Promise.race([this.lines.next(), this.failed, this.late()]);
    if (answer.done === true) throw new FileError(this.command, `ended without an answer to ${JSON.stringify(question)}`);
    try {
      return new Fields(JSON.parse(answer.value), 'answer');
    } catch {
      throw new FileError(this.command, `answered '${answer.value.slice(0, 200)}', which is not a JSON object`);
    }
  }

  end(): void {
    clearTimeout(this.timer);
    if (this.child.stdin.writable) this.child.stdin.end('{"bye": true}\n');
    setTimeout(() => this.kill(), 2000).unref();
  }

  /** The shell and what it has started. */
  private kill(): void {
    if (this.child.exitCode !== null || this.child.signalCode !== null || this.child.pid === undefined) return;
    try {
      process.kill(-this.child.pid);
    } catch {
      this.child.kill(); // no process groups here
    }
  }

  private late(): Promise<never> {
    clearTimeout(this.timer);
    return new Promise((_, reject) => {
      const problem = `did not answer within ${this.timeoutSeconds} s`;
      this.timer = setTimeout(() => {
        this.kill();
        reject(new FileError(this.command, problem));
      }, this.timeoutSeconds * 1000);
    });
  }
}
