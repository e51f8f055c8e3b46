/** Programs to begin a port with: they speak the protocol of `kit run`, read the inputs and skip every case. */

import { cpSync } from 'node:fs';
import { shippedFixture } from '../model/default.ts';
import { writeFolderAtomic } from '../io/atomic.ts';

export const LANGUAGES = ['python', 'rust', 'cpp'] as const;
export type Language = (typeof LANGUAGES)[number];

/** The file of each that says how to build and run it. */
export const MAIN_FILES: Readonly<Record<Language, string>> = { python: 'port.py', rust: 'src/main.rs', cpp: 'port.cpp' };

/** @throws FileError if the folder is there and not empty, or cannot be written. */
export function writeSkeleton(language: Language, folder: string): Promise<void> {
  return writeFolderAtomic(folder, (temporary) => {
    cpSync(shippedFixture(`kit/skeleton/${language}`), temporary, { recursive: true });
    return Promise.resolve();
  });
}
