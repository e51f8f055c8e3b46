/**
 * Output that nobody takes: a reader that has left (`| head -1`), a full disk, a closed terminal. Work goes on and its
 * files are written; what could not be said is an error at the end, but for readers that had enough.
 */

import { FileError } from '../errors.ts';
import { fileError } from '../io/files.ts';

export interface WatchedOutput {
  /** Sets the exit code, when the program ends. */
  conclude(): void;
}

export function watchOutput(streams: Pick<NodeJS.Process, 'stdout' | 'stderr'> = process): WatchedOutput {
  let failure: Error | undefined;
  streams.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') failure ??= error;
  });
  streams.stderr.on('error', () => undefined); // there is nobody to tell
  return {
    conclude() {
      if (failure === undefined) return;
      const error = fileError('standard output', failure);
      streams.stderr.write(`error: ${error instanceof FileError ? error.message : failure.message}\n`);
      if (Number(process.exitCode ?? 0) === 0) process.exitCode = 1;
    },
  };
}
