/** What the two kinds of `eval` write: the table of scores, a sheet of results, progress. */

import type { NdArray } from 'ndarray';
import { hostTensor } from '../array/host.ts';
import { ArgumentError } from '../errors.ts';
import { contactSheet, framesEvenly } from '../io/contact-sheet.ts';
import type { Picture } from '../io/picture.ts';
import { checkOutput, writeMedia } from '../io/write-media.ts';
import type { MeanScore, ToyScores } from '../toyworld/score.ts';
import { duration } from './progress.ts';

/** Of each task on the sheet: so many frames to a row, and rows of videos. */
const SHEET_COLUMNS = 9;
const SHEET_ROWS = 3;

interface Shown {
  readonly task: string;
  /** (T, H, W, 3) */
  readonly frames: NdArray<Uint8Array>;
}

/** Collects some results of each task, and writes them as one picture. */
export class ResultSheet {
  private readonly shown: Shown[] = [];

  private constructor(private readonly path: string | undefined, private readonly fps: number) {}

  /** @param path undefined for none. @throws ArgumentError or FileError if it cannot be written. */
  static async at(path: string | undefined, side: number, fps: number): Promise<ResultSheet> {
    if (path !== undefined) {
      if (!path.toLowerCase().endsWith('.png')) throw new ArgumentError('--sheet', 'a name that ends in .png', path);
      await checkOutput(path, { frames: 1, height: side, width: side, fps });
    }
    return new ResultSheet(path, fps);
  }

  add({ task, frames }: Shown): void {
    const rows = frames.shape[0] === 1 ? SHEET_COLUMNS : SHEET_ROWS;
    if (this.shown.filter((one) => one.task === task).length < rows) this.shown.push({ task, frames });
  }

  async write(): Promise<void> {
    if (this.path === undefined) return;
    const picture = resultSheet(this.shown); // (H', W', 3)
    await writeMedia(this.path, hostTensor(picture.data, [1, ...picture.shape]), this.fps);
  }
}

/** A row of pictures, or one row of frames for each video. */
function resultSheet(outcomes: readonly Shown[]): Picture {
  const [, height, width] = outcomes[0].frames.shape as [number, number, number, number];
  const blank = hostTensor(new Uint8Array(height * width * 3).fill(255), [height, width, 3]); // (H, W, 3)
  const rows = new Map<string, Picture[]>();
  outcomes.forEach(({ task, frames }, i) => {
    const key = frames.shape[0] === 1 ? task : `${task} ${i}`;
    rows.set(key, [...(rows.get(key) ?? []), ...framesEvenly(frames, SHEET_COLUMNS)]);
  });
  const filled = [...rows.values()].flatMap((row) => [...row, ...Array<Picture>(SHEET_COLUMNS - row.length).fill(blank)]);
  return contactSheet(filled, SHEET_COLUMNS);
}

export function scoreTable({ scores, psnr, movement }: ToyScores): string {
  const percent = (share: number): string => (100 * share).toFixed(1).padStart(5);
  const mean = (name: string, unit: string, digits: number, { task, value, low, high, median }: MeanScore) => {
    const [middle, from, to] = [value, low, high].map((x) => x.toFixed(digits).padStart(5));
    return { task, text: `${name.padEnd(11)} ${middle} ${unit}  ${from} – ${to} ${unit}  median ${median.toFixed(digits)}` };
  };
  const lines = [
    ...scores.map(({ task, check, right, of, value, low, high }) => ({
      task,
      text: `${check.padEnd(11)} ${percent(value)} %   ${percent(low)} – ${percent(high)} %   ${right} of ${of}`,
    })),
    ...psnr.map((one) => mean('PSNR', 'dB', 1, one)),
    ...movement.map((one) => mean('movement', '×', 2, one)),
  ];
  const tasks = [...new Set(lines.map(({ task }) => task))];
  const width = Math.max(11, ...tasks.map(({ length }) => length));
  const rows = tasks.flatMap((task) => {
    const own = lines.filter((line) => line.task === task);
    return own.map(({ text }, i) => `${(i === 0 ? task : '').padEnd(width)} ${text}`);
  });
  return [`${'task'.padEnd(width)} ${'right'.padEnd(11)}  share    95 % interval`, ...rows, ''].join('\n');
}

/** A line that is overwritten on a terminal, otherwise one line a task. */
export function evalProgress(
  prompts: number, total: number, stream: NodeJS.WriteStream = process.stderr,
): (task: string) => void {
  const started = performance.now();
  let done = 0;
  return (task) => {
    done++;
    const seconds = (performance.now() - started) / 1000;
    const within = ((done - 1) % prompts) + 1;
    if (stream.isTTY) {
      stream.write(`\r\x1b[K${task} ${within}/${prompts}, ${duration(seconds * (total / done - 1))} left`);
      if (done === total) stream.write('\r\x1b[K');
    } else if (within === prompts) {
      stream.write(`${task}: ${prompts} results after ${duration(seconds)}\n`);
    }
  };
}
