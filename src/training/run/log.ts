/** The log of a run: one line of JSON per step. Lines after the checkpoint that a run resumes from are dropped. */

import { existsSync } from 'node:fs';
import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../../io/atomic.ts';
import { fileError } from '../../io/files.ts';

export type Metrics = Readonly<Record<string, number>>;

export class RunLog {
  private readonly file: string;

  constructor(folder: string) {
    this.file = join(folder, 'log.jsonl');
  }

  /** Keeps the lines of the first `steps` steps. A last line cut off by a kill is dropped too. */
  async rewind(steps: number): Promise<void> {
    if (!existsSync(this.file)) return;
    const lines = (await readFile(this.file, 'utf8')).split('\n').slice(0, -1);
    const kept = lines.filter((line) => (JSON.parse(line) as { step: number }).step < steps);
    await writeFileAtomic(this.file, new TextEncoder().encode(kept.map((line) => `${line}\n`).join('')));
  }

  /** @throws FileError, e.g. if the disk is full. */
  async add(step: number, metrics: Metrics): Promise<void> {
    try {
      await appendFile(this.file, `${JSON.stringify({ step, ...metrics })}\n`);
    } catch (error) {
      throw fileError(this.file, error);
    }
  }
}
