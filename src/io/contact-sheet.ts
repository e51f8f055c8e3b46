/** Many pictures in one: rows of equally large pictures with a thin border, to see a video or many results at once. */

import type { NdArray } from 'ndarray';
import { hostTensor, rowMajor, sameShape } from '../array/host.ts';
import { ArgumentError, ShapeError } from '../errors.ts';
import type { Picture } from './picture.ts';
import { checkSize, frameAt } from './picture.ts';

/** Pixels between and around the pictures, and their gray. */
const GAP = 2;
const PAPER = 255;

/**
 * Row after row, as many pictures to a row as there are columns; the last row may be shorter.
 * @param pictures (H, W, 3) each
 * @throws ArgumentError without pictures or columns. @throws ShapeError if the sizes differ.
 * @throws FileError if the sheet becomes too large.
 */
export function contactSheet(pictures: readonly Picture[], columns: number): Picture {
  if (pictures.length === 0) throw new ArgumentError('pictures', 'at least one', 'none');
  if (!Number.isInteger(columns) || columns < 1) throw new ArgumentError('columns', 'a positive integer', columns);
  const { shape } = pictures[0];
  const odd = pictures.find((picture) => !sameShape(picture.shape, shape));
  if (odd !== undefined) throw new ShapeError('pictures', `all of shape [${shape.join(', ')}]`, [...odd.shape]);
  const [height, width] = shape as [number, number, number];
  const across = Math.min(columns, pictures.length);
  const sheetWidth = GAP + across * (width + GAP);
  const sheetHeight = GAP + Math.ceil(pictures.length / columns) * (height + GAP);
  checkSize('the contact sheet', sheetWidth, sheetHeight);
  const sheet = new Uint8Array(sheetHeight * sheetWidth * 3).fill(PAPER); // (H', W', 3)
  pictures.forEach((picture, i) => {
    const bytes = rowMajor(picture); // (H, W, 3)
    const top = GAP + Math.floor(i / columns) * (height + GAP);
    const left = GAP + (i % columns) * (width + GAP);
    for (let row = 0; row < height; row++) {
      sheet.set(bytes.subarray(row * width * 3, (row + 1) * width * 3), ((top + row) * sheetWidth + left) * 3);
    }
  });
  return hostTensor(sheet, [sheetHeight, sheetWidth, 3]);
}

/** `count` frames of a video in equal distances, the first and the last among them; all if there are not so many. */
export function framesEvenly(frames: NdArray<Uint8Array>, count: number): Picture[] {
  const last = frames.shape[0] - 1;
  const shown = Math.min(count, last + 1);
  return Array.from({ length: shown }, (_, i) => frameAt(frames, shown === 1 ? 0 : Math.round((i * last) / (shown - 1))));
}
