/** Lays the frames of a video side by side: `npx tsx scripts/contact-sheet.ts <video> <out.png> [columns]` */

import { contactSheet, framesEvenly } from '../src/io/contact-sheet.ts';
import { readMedia } from '../src/io/read-media.ts';
import { hostTensor } from '../src/array/host.ts';
import { writeMedia } from '../src/io/write-media.ts';

const [video, out, columns] = process.argv.slice(2);
if (video === undefined || out === undefined) {
  console.error('usage: npx tsx scripts/contact-sheet.ts <video> <out.png> [columns]');
  process.exit(2);
}
const { frames } = await readMedia(video); // (T, H, W, 3)
const count = frames.shape[0];
const sheet = contactSheet(framesEvenly(frames, count), columns === undefined ? count : Number(columns)); // (H', W', 3)
await writeMedia(out, hostTensor(sheet.data, [1, ...sheet.shape]), 1);
