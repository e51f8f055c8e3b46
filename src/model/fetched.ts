/** The files of a model behind addresses, for browsers: each is fetched whole when it is opened. */

import { FileError } from '../errors.ts';
import { memorySource } from '../io/byte-source.ts';
import type { ModelFiles } from './files.ts';

/** @param base address of the model directory. */
export function fetchedFiles(base: string): ModelFiles {
  const folder = base.replace(/\/$/, '');
  const address = (name: string): string => `${folder}/${name}`;
  return {
    place: base,
    has: async (name) => (await fetch(address(name), { method: 'HEAD' })).ok,
    async open(name) {
      const response = await fetch(address(name));
      if (!response.ok) throw new FileError(address(name), `cannot be fetched (${response.status})`);
      return memorySource(new Uint8Array(await response.arrayBuffer()), address(name));
    },
    beside: (name) => fetchedFiles(`${folder.slice(0, folder.lastIndexOf('/') + 1)}${name}`),
  };
}
