/** A running program that answers line by line; what else it prints on its standard output is passed on. */

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { FileError } from '../errors.ts';
import { Fields } from '../io/fields.ts';
import { parseStrictJsonText } from '../io/strict-json.ts';

export class PortProcess {
  private readonly child;
  private readonly lines: AsyncIterator<string>;
  private readonly ended: Promise<string>;

  /**
   * @param command run by the shell, in a process group of its own.
   * @param stray is told every line that is no answer.
   */
  constructor(
    private readonly command: string,
    private readonly timeoutSeconds: number,
    private readonly stray: (line: string) => void,
  ) {
    this.child = spawn(command, { shell: true, detached: true, stdio: ['pipe', 'pipe', 'inherit'] });
    process.once('exit', this.kill);
    this.child.stdin.on('error', () => undefined); // a program that has ended is noticed by its missing answer
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
    this.ended = new Promise((resolve) => {
      this.child.on('error', (error) => resolve(error.message));
      this.child.on('close', (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`));
    });
  }

  /**
   * @param isAnswer which of the objects that come back counts.
   * @throws FileError if the program ends or no answer comes in time; it is of no use then.
   */
  async ask(question: object, isAnswer: (answer: Fields) => boolean): Promise<Fields> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const problem = `did not answer within ${this.timeoutSeconds} s`;
      timer = setTimeout(() => reject(new FileError(this.command, problem)), this.timeoutSeconds * 1000);
    });
    try {
      this.child.stdin.write(`${JSON.stringify(question)}\n`);
      for (;;) {
        const line = await Promise.race([this.lines.next(), late]);
        if (line.done === true) throw new FileError(this.command, `ended without an answer (${await Promise.race([this.ended, late])})`);
        const answer = parse(line.value);
        if (answer !== undefined && isAnswer(answer)) return answer;
        this.stray(line.value);
      }
    } catch (error) {
      await this.stop();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Says goodbye; the program has two seconds to end by itself. */
  async end(): Promise<void> {
    if (this.child.stdin.writable) this.child.stdin.end('{"bye": true}\n');
    const timer = setTimeout(this.kill, 2000);
    await this.ended;
    clearTimeout(timer);
    await this.stop();
  }

  /** Ends the program and waits for that. */
  async stop(): Promise<void> {
    this.kill();
    await this.ended;
    process.removeListener('exit', this.kill);
  }

  /** Ends the shell and what it has started: a group of processes, which Ctrl-C does not reach by itself. */
  readonly kill = (): void => {
    if (this.child.pid === undefined) return;
    try {
      process.kill(-this.child.pid, 'SIGKILL');
    } catch {
      this.child.kill('SIGKILL'); // no process groups here, or nobody left in it
    }
  };
}

/** A JSON object; nothing if the line is none. */
function parse(line: string): Fields | undefined {
  try {
    return new Fields(parseStrictJsonText(line, 'answer'), 'answer');
  } catch {
    return undefined;
  }
}
