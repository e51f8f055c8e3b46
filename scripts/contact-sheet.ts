/**
 * Shows videos together: npx tsx scripts/contact-sheet.ts <video>… <out> <columns>
 *
 * As a .png a row for each, `columns` of its frames side by side; as a .gif or .apng all of them play, `columns` to a row.
 */

import './errors-in-a-line.ts';
import { rowMajor, hostTensor } from '../src/array/host.ts';
import { contactSheet, framesEvenly } from '../src/io/contact-sheet.ts';
import { frameAt, videoOf } from '../src/io/picture.ts';
import type { Picture } from '../src/io/picture.ts';
import { readMedia } from '../src/io/read-media.ts';
import { writeMedia } from '../src/io/write-media.ts';

const [paths, [out, columns]] = [process.argv.slice(2, -2), process.argv.slice(-2)];
if (paths.length === 0 || !(Number(columns) >= 1)) {
  console.error('usage: npx tsx scripts/contact-sheet.ts <video>… <out> <columns>');
  process.exit(2);
}
const videos = await Promise.all(paths.map((path) => readMedia(path)));
if (out.endsWith('.png')) {
  const frames = videos.flatMap((video) => framesEvenly(video.frames, Number(columns)));
  const sheet = contactSheet(frames, Number(columns)); // (H', W', 3)
  await writeMedia(out, hostTensor(sheet.data, [1, ...sheet.shape]), 1);
} else {
  const count = Math.min(...videos.map(({ frames }) => frames.shape[0]));
  const sheets: Picture[] = Array.from({ length: count }, (_, t) => {
    return contactSheet(videos.map(({ frames }) => frameAt(frames, t)), Number(columns)); // (H', W', 3)
  });
  const [height, width] = sheets[0].shape as [number, number, number];
  const fps = videos[0].fps ?? 8;
  await writeMedia(out, videoOf(sheets.map((sheet) => rowMajor(sheet)), height, width, fps).frames, fps);
}
