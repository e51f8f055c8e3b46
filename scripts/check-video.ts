/**
 * Decodes a video or picture and checks its size, and that it shows something:
 * npx tsx scripts/check-video.ts <file> <width> <height> <frames>
 */

import './errors-in-a-line.ts';
import { rowMajor } from '../src/array/host.ts';
import { readMedia } from '../src/io/read-media.ts';

const [file, ...numbers] = process.argv.slice(2);
if (file === undefined || numbers.length !== 3) throw new Error('usage: check-video.ts <file> <width> <height> <frames>');
const [width, height, frames] = numbers.map(Number);
const video = await readMedia(file);
const shape = [frames, height, width, 3].join('×');
if (video.frames.shape.join('×') !== shape) throw new Error(`${file}: expected ${shape}, got ${video.frames.shape.join('×')}`);
const values = rowMajor(video.frames);
const [least, most] = values.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [255, 0]);
if (most - least < 16) throw new Error(`${file}: shows nothing, all values lie from ${least} to ${most}`);
console.log(`${file}: ${shape}, values from ${least} to ${most}`);
