/** Contact sheets: where each picture lies, and which frames are chosen. */

import { describe, expect, it } from 'vitest';
import { hostTensor, rowMajor } from '../../src/array/host.ts';
import { ArgumentError, FileError, ShapeError } from '../../src/errors.ts';
import { contactSheet, framesEvenly } from '../../src/io/contact-sheet.ts';
import type { Picture } from '../../src/io/picture.ts';

function plain(value: number, height = 3, width = 5): Picture {
  return hostTensor(new Uint8Array(height * width * 3).fill(value), [height, width, 3]); // (H, W, 3)
}

describe('contact sheets', () => {
  it('lay pictures out row by row with white between', () => {
    const sheet = contactSheet([plain(10), plain(20), plain(30)], 2); // (H', W', 3)
    expect(sheet.shape).toEqual([2 + 2 * 5, 2 + 2 * 7, 3]);
    const counts = new Map<number, number>();
    for (const value of rowMajor(sheet)) counts.set(value, (counts.get(value) ?? 0) + 1);
    expect([10, 20, 30].map((value) => counts.get(value))).toEqual([45, 45, 45]);
    expect([sheet.get(2, 2, 0), sheet.get(4, 13, 2), sheet.get(7, 2, 1)]).toEqual([10, 20, 30]);
    expect([sheet.get(7, 9, 0), sheet.get(5, 2, 0), sheet.get(2, 7, 0)]).toEqual([255, 255, 255]);
  });

  it('take frames in equal distances', () => {
    const frames = hostTensor(Uint8Array.from({ length: 17 * 3 }, (_, i) => Math.floor(i / 3)), [17, 1, 1, 3]);
    const chosen = (count: number): number[] => framesEvenly(frames, count).map((picture) => picture.get(0, 0, 0));
    expect(chosen(5)).toEqual([0, 4, 8, 12, 16]);
    expect(chosen(1)).toEqual([0]);
    expect(chosen(99).length).toBe(17);
    expect(contactSheet(framesEvenly(frames, 3), 3).get(2, 5, 0)).toBe(8); // of views, too
  });

  it('refuse what cannot be laid out', () => {
    expect(() => contactSheet([], 2)).toThrow(ArgumentError);
    expect(() => contactSheet([plain(1)], 0)).toThrow(ArgumentError);
    expect(() => contactSheet([plain(1), plain(1, 4)], 2)).toThrow(ShapeError);
    expect(() => contactSheet(Array.from({ length: 20 }, () => plain(1, 1, 1000)), 20)).toThrow(FileError);
  });
});
