/** What happens to a result before and after it is written: `--upscale`, `--upscaling`, `--open`. */

import type { NdArray } from 'ndarray';
import { extname } from 'node:path';
import { Option } from 'commander';
import type { Command } from 'commander';
import { upscale, UPSCALING } from '../io/upscale.ts';
import type { Upscaling } from '../io/upscale.ts';
import { openFile } from './open-file.ts';
import { wholeNumber } from './options.ts';

export interface ResultOptions {
  readonly upscale: number;
  readonly upscaling: Upscaling;
  readonly open?: true;
}

export function addResultOptions(command: Command): Command {
  return command
    .option('--upscale <n>', 'write everything n times as large', wholeNumber(1), 1)
    .addOption(new Option('--upscaling <how>', 'with --upscale: pixels as they are, or smooth').choices(UPSCALING).default('nearest'))
    .option('--open', 'show the result in the program that this desktop has for it');
}

/** (T, H, W, 3) → (T, n·H, n·W, 3) */
export function enlarged(frames: NdArray<Uint8Array>, { upscale: times, upscaling }: ResultOptions): NdArray<Uint8Array> {
  return upscale(frames, times, upscaling);
}

export async function openResult(path: string, { open }: ResultOptions): Promise<void> {
  if (open === true) await openFile(path);
}

/** out.png → out-03.png */
export function numbered(out: string, n: number): string {
  const extension = extname(out);
  return `${out.slice(0, out.length - extension.length)}-${String(n).padStart(2, '0')}${extension}`;
}
