/** Walks the markers of a JPEG file (ITU-T T.81, B.1) to learn its size, and that it is complete, before decoding. */

import { FileError } from '../errors.ts';
import { checkSize } from './picture.ts';

const END_OF_IMAGE = 0xd9;
const START_OF_SCAN = 0xda;
/** A progressive picture has about ten scans; each costs the time of a whole picture. */
const MAX_SCANS = 100;

/** @throws FileError if the file is truncated, damaged, too large or of a kind that is not supported. */
export function checkJpeg(bytes: Uint8Array, file: string): void {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) throw new FileError(file, 'is not a JPEG file');
  const truncated = () => new FileError(file, 'is truncated: the JPEG ends before its end marker');
  let [sized, scans] = [false, 0];
  for (let at = 2; ; ) {
    at = nextMarker(bytes, at);
    if (at + 2 > bytes.length) throw truncated();
    const marker = bytes[at + 1];
    if (marker === END_OF_IMAGE) break;
    const length = (bytes[at + 2] << 8) | bytes[at + 3];
    // Comparisons with what is beyond the end are false.
    if (!(length >= 2 && at + 2 + length <= bytes.length)) throw truncated();
    if (isFrameHeader(marker)) {
      if (sized) throw new FileError(file, 'is damaged: two JPEG frames');
      checkFrame(bytes.subarray(at + 4, at + 2 + length), file);
      sized = true;
    }
    if (marker === START_OF_SCAN && ++scans > MAX_SCANS) throw new FileError(file, `has over ${MAX_SCANS} JPEG scans`);
    at += 2 + length;
  }
  if (!sized || scans === 0) throw new FileError(file, 'is damaged: a JPEG without a picture');
}

/** The next 0xff that leads a marker: not stuffed (00), not a fill byte, not a restart inside a scan. */
function nextMarker(bytes: Uint8Array, from: number): number {
  for (let at = from; ; at++) {
    at = bytes.indexOf(0xff, at);
    if (at < 0) return bytes.length;
    const code = bytes[at + 1];
    if (code !== 0 && code !== 0xff && !(code !== undefined && code >= 0xd0 && code <= 0xd7)) return at;
  }
}

/** SOF0 … SOF15 without the tables DHT, JPG and DAC. */
function isFrameHeader(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

function checkFrame(frame: Uint8Array, file: string): void {
  if (frame.length < 6) throw new FileError(file, 'is damaged: short JPEG frame header');
  const [precision, components] = [frame[0], frame[5]];
  checkSize(file, (frame[3] << 8) | frame[4], (frame[1] << 8) | frame[2]);
  if (precision !== 8) throw new FileError(file, `is a ${precision}-bit JPEG; only 8-bit ones are read`);
  if (components !== 1 && components !== 3) {
    throw new FileError(file, `is a JPEG of ${components} components (CMYK?); convert it to RGB`);
  }
}
