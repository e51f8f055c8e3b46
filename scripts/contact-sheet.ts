/** Lays frames of videos side by side, a row for each: `npx tsx scripts/contact-sheet.ts <video>… <out.png> <columns>` */

import './errors-in-a-line.ts';
import { contactSheet, framesEvenly } from '../src/io/contact-sheet.ts';
import type { Picture } from '../src/io/picture.ts';
import { readMedia } from '../src/io/read-media.ts';
import { hostTensor } from '../src/array/host.ts';
import { writeMedia } from '../src/io/write-media.ts';

const [videos, [out, columns]] = [process.argv.slice(2, -2), process.argv.slice(-2)];
if (videos.length === 0 || !(Number(columns) >= 1)) {
  console.error('usage: npx tsx scripts/contact-sheet.ts <video>… <out.png> <columns>');
  process.exit(2);
}
const frames: Picture[] = [];
for (const video of videos) frames.push(...framesEvenly((await readMedia(video)).frames, Number(columns)));
const sheet = contactSheet(frames, Number(columns)); // (H', W', 3)
await writeMedia(out, hostTensor(sheet.data, [1, ...sheet.shape]), 1);
