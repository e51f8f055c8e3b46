/** The files of a model on disk. */

import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileSource } from '../io/files.ts';
import type { ModelFiles } from './files.ts';

export function folderFiles(directory: string): ModelFiles {
  return {
    place: directory,
    has: (name) => Promise.resolve(existsSync(join(directory, name))),
    open: (name) => fileSource(join(directory, name)),
    beside: (name) => folderFiles(join(dirname(resolve(directory)), name)),
  };
}
