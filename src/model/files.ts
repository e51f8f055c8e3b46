/** The files of a model, wherever they are: a folder on disk, the addresses of a site. */

import { FileError } from '../errors.ts';
import type { ByteSource } from '../io/byte-source.ts';

export interface ModelFiles {
  /** Where they are, for errors. */
  readonly place: string;
  /** @param name within the model (directory.ts), folders divided by '/'. */
  has(name: string): Promise<boolean>;
  /** @throws FileError if there is no such file or it cannot be read. */
  open(name: string): Promise<ByteSource>;
  /** The model in the folder of this name next to it. */
  beside(name: string): ModelFiles;
}

/** A model that has some files itself and shares the others. */
export function sharingFiles(own: ModelFiles, shared: ModelFiles): ModelFiles {
  return {
    ...own,
    has: async (name) => (await own.has(name)) || shared.has(name),
    open: async (name) => ((await own.has(name)) || !(await shared.has(name)) ? own : shared).open(name),
  };
}

/** A whole file. @param missing what to say if there is none. */
export async function readAll(files: ModelFiles, name: string, missing: string): Promise<Uint8Array> {
  if (!(await files.has(name))) throw new FileError(`${files.place}/${name}`, missing);
  const source = await files.open(name);
  try {
    return await source.read(0, source.size);
  } finally {
    await source.close();
  }
}
