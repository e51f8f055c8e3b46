/** Walks the markers of a JPEG file (ITU-T T.81, B.1) to learn its size, and that it is complete, before decoding. */

import { FileError } from '../errors.ts';
import { checkMemory } from './memory-budget.ts';
import { checkSize } from './picture.ts';

const END_OF_IMAGE = 0xd9;
const START_OF_SCAN = 0xda;
const PROGRESSIVE = 0xc2;
/** A progressive picture has about ten scans; each costs the time of a whole picture, or of a third of it. */
const MAX_SCANS = 100;
const MAX_SCANNED = 2 ** 29;
/** Bytes of a pixel: RGBA in the decoder's memory, which grows in steps of a fifth, and a copy. */
const PIXEL_BYTES = 4 * 1.2 + 4;
/** Of a coefficient, which are all kept where there is more than one scan. */
const COEFFICIENT_BYTES = 2 * 1.2;

interface JpegFrame {
  readonly width: number;
  readonly height: number;
  readonly progressive: boolean;
  /** Of all components. */
  readonly coefficients: number;
}

/** @throws FileError if the file is truncated, damaged, too large or of a kind that is not supported. */
export function checkJpeg(bytes: Uint8Array, file: string): void {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) throw new FileError(file, 'is not a JPEG file');
  const truncated = () => new FileError(file, 'is truncated: the JPEG ends before its end marker');
  let frame: JpegFrame | undefined;
  let [scans, scanned] = [0, 0]; // scanned: components of all scans
  for (let at = 2; ; ) {
    at = nextMarker(bytes, at);
    if (at + 2 > bytes.length) throw truncated();
    const marker = bytes[at + 1];
    if (marker === END_OF_IMAGE) break;
    const length = (bytes[at + 2] << 8) | bytes[at + 3];
    // Comparisons with what is beyond the end are false.
    if (!(length >= 2 && at + 2 + length <= bytes.length)) throw truncated();
    if (isFrameHeader(marker)) {
      if (frame !== undefined) throw new FileError(file, 'is damaged: two JPEG frames');
      frame = readFrame(bytes.subarray(at + 4, at + 2 + length), marker, file);
    }
    if (marker === START_OF_SCAN) {
      scanned += bytes[at + 4];
      if (++scans > MAX_SCANS) throw new FileError(file, `has over ${MAX_SCANS} JPEG scans`);
    }
    at += 2 + length;
  }
  if (frame === undefined || scans === 0) throw new FileError(file, 'is damaged: a JPEG without a picture');
  const { width, height } = frame;
  const pixels = `${width}×${height} pixels`;
  if (scanned * width * height > MAX_SCANNED) throw new FileError(file, `goes over ${pixels} in ${scans} JPEG scans; that is too much work`);
  const kept = frame.progressive || scans > 1 ? frame.coefficients * COEFFICIENT_BYTES : 0;
  checkMemory(file, width * height * PIXEL_BYTES + kept, bytes.length, pixels);
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

function readFrame(frame: Uint8Array, marker: number, file: string): JpegFrame {
  if (frame.length < 6) throw new FileError(file, 'is damaged: short JPEG frame header');
  const [precision, components] = [frame[0], frame[5]];
  const [height, width] = [(frame[1] << 8) | frame[2], (frame[3] << 8) | frame[4]];
  checkSize(file, width, height);
  if (precision !== 8) throw new FileError(file, `is a ${precision}-bit JPEG; only 8-bit ones are read`);
  if (components !== 1 && components !== 3) {
    throw new FileError(file, `is a JPEG of ${components} components (CMYK?); convert it to RGB`);
  }
  if (frame.length < 6 + 3 * components) throw new FileError(file, 'is damaged: short JPEG frame header');
  // Horizontal and vertical sampling, 1 to 4 each.
  const sampling = Array.from({ length: components }, (_, i) => [frame[7 + 3 * i] >> 4, frame[7 + 3 * i] & 15]);
  if (sampling.flat().some((value) => value < 1 || value > 4)) throw new FileError(file, 'is damaged: JPEG sampling');
  const [most, highest] = [0, 1].map((axis) => Math.max(...sampling.map((factors) => factors[axis])));
  const blocks = Math.ceil(width / (8 * most)) * Math.ceil(height / (8 * highest));
  const coefficients = sampling.reduce((sum, [h, v]) => sum + blocks * h * v * 64, 0);
  return { width, height, progressive: marker === PROGRESSIVE, coefficients };
}
