/** Recognizes file formats by their first bytes, so that a wrong extension gets a clear message. */

export type MediaFormat = 'PNG' | 'JPEG' | 'GIF' | 'WebP' | 'MP4 or QuickTime' | 'WebM or Matroska' | 'AVI';

const SIGNATURES: readonly (readonly [MediaFormat, number, string])[] = [
  ['PNG', 0, '\x89PNG\r\n\x1a\n'],
  ['JPEG', 0, '\xff\xd8\xff'],
  ['GIF', 0, 'GIF87a'],
  ['GIF', 0, 'GIF89a'],
  ['WebP', 8, 'WEBP'], // after RIFF and a size
  // ISO base media: a box size, then the box type; old QuickTime files may begin with other boxes than `ftyp`.
  ['MP4 or QuickTime', 4, 'ftyp'],
  ['MP4 or QuickTime', 4, 'moov'],
  ['MP4 or QuickTime', 4, 'mdat'],
  ['MP4 or QuickTime', 4, 'wide'],
  ['WebM or Matroska', 0, '\x1a\x45\xdf\xa3'],
  ['AVI', 8, 'AVI '],
];

/** Further formats that are only named in messages. */
const OTHERS: readonly (readonly [string, number, string])[] = [
  ['a BMP picture', 0, 'BM'],
  ['a TIFF picture', 0, 'II*\0'],
  ['a TIFF picture', 0, 'MM\0*'],
  ['a PDF document', 0, '%PDF'],
  ['a ZIP archive', 0, 'PK\x03\x04'],
  ['an HTML page', 0, '<!DOCTYPE'],
  ['an HTML page', 0, '<html'],
];

export function sniff(bytes: Uint8Array): MediaFormat | undefined {
  return SIGNATURES.find(([, at, signature]) => matches(bytes, at, signature))?.[0];
}

/** What the bytes look like, for an error message. */
export function describe(bytes: Uint8Array): string {
  const known = sniff(bytes);
  if (known !== undefined) return `a ${known} file`;
  return OTHERS.find(([, at, signature]) => matches(bytes, at, signature))?.[0] ?? 'of an unknown kind';
}

function matches(bytes: Uint8Array, at: number, signature: string): boolean {
  return [...signature].every((character, i) => bytes[at + i] === character.charCodeAt(0));
}
