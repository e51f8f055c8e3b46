/** Writes an .npz archive member by member, so that a long trace needs no memory. */

import { openSync } from 'node:fs';
import { Zip, ZipPassThrough } from 'fflate';
import type { HostArray } from '../array/host.ts';
import { finishSync, writeAllSync } from '../io/files.ts';
import { writeNpy } from '../io/npy.ts';

export class ArchiveWriter {
  private readonly handle: number;
  private readonly zip: Zip;

  constructor(private readonly path: string) {
    this.handle = openSync(path, 'wx');
    this.zip = new Zip((error, chunk) => {
      if (error) throw error;
      writeAllSync(this.handle, chunk, path);
    });
  }

  add(name: string, value: HostArray): void {
    // Stored as they are: values look random, so that compressing gains little and takes longer than the run.
    const member = new ZipPassThrough(`${name}.npy`);
    member.mtime = new Date('1980-01-02T00:00:00Z');
    this.zip.add(member);
    member.push(writeNpy(value), true);
  }

  close(): void {
    try {
      this.zip.end();
    } finally {
      finishSync(this.handle, this.path);
    }
  }
}
