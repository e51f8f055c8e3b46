/** Quantizes rows on several threads (quantize-thread.ts), or on the caller's. The same rows get the same answer on any. */

import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { breathe } from '../breathe.ts';
import { packageFile } from '../io/package-file.ts';
import type { Answer, Rows } from './quantize-rows.ts';
import { quantizeRows } from './quantize-rows.ts';

export interface Quantizer {
  quantize(rows: Rows): Promise<Answer>;
  /** Ends the threads; what is not answered will not be. */
  close(): Promise<void>;
}

export function startQuantizer(threads: number): Quantizer {
  const script = packageFile('bin/infinitystar.js');
  if (threads > 1 && existsSync(script)) return new QuantizeThreads(threads, script);
  return {
    quantize: async (rows) => {
      await breathe();
      return quantizeRows(rows);
    },
    close: () => Promise.resolve(),
  };
}

interface Question {
  readonly rows: Rows;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

class QuantizeThreads implements Quantizer {
  private readonly threads: Worker[];
  private readonly idle: Worker[];
  private readonly waiting: Question[] = [];
  private readonly asked = new Map<Worker, Question>();
  private failure: unknown;

  constructor(count: number, script: URL) {
    this.threads = Array.from({ length: count }, () => new Worker(script, { workerData: { script: 'convert/quantize-thread' } }));
    this.idle = [...this.threads];
    for (const thread of this.threads) {
      thread.on('message', (answer: Answer) => {
        this.asked.get(thread)!.resolve(answer);
        this.asked.delete(thread);
        this.idle.push(thread);
        this.ask();
      });
      thread.on('error', (error) => this.fail(error));
    }
  }

  quantize(rows: Rows): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ rows, resolve, reject });
      if (this.failure === undefined) this.ask();
      else this.fail(this.failure);
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.threads.map((thread) => thread.terminate()));
  }

  /** Gives what waits to threads that do. Rows are copied only now, so that few are twice in memory. */
  private ask(): void {
    while (this.idle.length > 0 && this.waiting.length > 0) {
      const [thread, question] = [this.idle.pop()!, this.waiting.shift()!];
      this.asked.set(thread, question);
      const bytes = question.rows.bytes.slice();
      thread.postMessage({ ...question.rows, bytes }, [bytes.buffer]);
    }
  }

  private fail(error: unknown): void {
    this.failure = error;
    for (const { reject } of [...this.asked.values(), ...this.waiting.splice(0)]) reject(error);
    this.asked.clear();
  }
}
