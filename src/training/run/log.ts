/** The log of a run: one line of JSON per step. Lines after the checkpoint that a run resumes from are dropped. */

import { existsSync } from 'node:fs';
import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../../io/atomic.ts';
import { FileError } from '../../errors.ts';
import { fileError } from '../../io/files.ts';
import { parseStrictJsonText } from '../../io/strict-json.ts';

export type Metrics = Readonly<Record<string, number>>;

export type LogLine = Readonly<Record<string, unknown>> & { readonly step: number };

export class RunLog {
  private readonly file: string;

  constructor(folder: string) {
    this.file = join(folder, 'log.jsonl');
  }

  /** All lines but one that a kill has cut off. @throws FileError if another is damaged. */
  async lines(): Promise<LogLine[]> {
    if (!existsSync(this.file)) return [];
    const text = await readFile(this.file, 'utf8').catch((error: unknown) => {
      throw fileError(this.file, error);
    });
    const lines = text.split('\n').slice(0, -1);
    return lines.map((line, i) => {
      try {
        const value = parseStrictJsonText(line, this.file);
        if (value !== null && typeof value === 'object' && 'step' in value && typeof value.step === 'number') return value as LogLine;
      } catch {
        // told below
      }
      throw new FileError(this.file, `line ${i + 1} is damaged: it is not the record of a step`);
    });
  }

  /** Keeps the lines of the first `steps` steps. */
  async rewind(steps: number): Promise<void> {
    if (!existsSync(this.file)) return;
    const kept = (await this.lines()).filter(({ step }) => step < steps);
    await writeFileAtomic(this.file, new TextEncoder().encode(kept.map((line) => `${JSON.stringify(line)}\n`).join('')));
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
