/** The files of a model on disk. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileSource } from '../io/files.ts';
import type { ModelFiles } from './files.ts';

export function folderFiles(directory: string): ModelFiles {
  return {
    place: directory,
    has: (name) => Promise.resolve(existsSync(join(directory, name))),
    open: (name) => fileSource(join(directory, name)),
  };
}
