/**
 * Names that come from files. None becomes a path unless it is plain: it leads down from where it starts, on every
 * system, and never up, to a root, a drive or an address.
 */

import { FileError, show } from '../errors.ts';

/**
 * `a/b.npz`: parts divided by '/', none of them empty, '.' or '..', without what some system reads otherwise.
 * @param where names the file and the field in errors.
 */
export function plainPath(name: string, where: string): string {
  const parts = name.split('/');
  if (name.length <= 500 && parts.every((part) => isPlain(part))) return name;
  throw new FileError(where, `is refused: ${show(name)} is no plain relative name`);
}

function isPlain(part: string): boolean {
  return part !== '' && part !== '.' && part !== '..' && !/[\\:*?"<>|\p{Cc}]/u.test(part) && part.length <= 200;
}

/** A name for a file or folder made of any text: what is not a letter, digit or dot of ASCII becomes `_`. */
export function fileNameOf(text: string, otherwise: string): string {
  const name = text.replace(/[^A-Za-z0-9._]+/g, '_').replace(/^[._]+/, '').slice(0, 100);
  return name === '' ? otherwise : name;
}
