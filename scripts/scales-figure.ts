/**
 * The paper's Fig. 6 at the toy world's scale: PSNR of held-out videos by the number of scales kept, for one or several
 * tokenizers, as an SVG picture; the figures go to the standard output.
 *
 *     npx tsx scripts/scales-figure.ts <out.svg> <name>=<weights>… [--videos <n>] [--model <directory>]
 *
 * Weights are a tokenizer.safetensors or the checkpoint of a run, of which the averaged weights are taken.
 */

import './errors-in-a-line.ts';
import { parseArgs } from 'node:util';
import { residentWeights } from '../src/backend/weights.ts';
import { makeBackend } from '../src/backends.ts';
import { writeFileAtomic } from '../src/io/atomic.ts';
import { lineChart } from '../src/io/line-chart.ts';
import type { Series } from '../src/io/line-chart.ts';
import { shippedModel } from '../src/model/default.ts';
import { readModelConfig } from '../src/model/directory.ts';
import { defaultFrames, planSchedule } from '../src/pipeline/plan.ts';
import { psnrOfScalesKept } from '../src/pipeline/scales-kept.ts';
import { makeTokenizer } from '../src/tokenizer/tokenizer.ts';
import { toyWorld } from '../src/toyworld/dataset.ts';
import { readWeights } from '../src/training/run/checkpoint.ts';

const { values: { videos, model }, positionals: [out, ...inputs] } = parseArgs({
  allowPositionals: true,
  options: { videos: { type: 'string', default: '16' }, model: { type: 'string', default: shippedModel('toy') } },
});
const tokenizers = inputs.map((input) => /^([^=]+)=(.+)$/.exec(input));
if (out === undefined || tokenizers.length === 0 || tokenizers.includes(null) || !(Number(videos) >= 1)) {
  console.error('usage: npx tsx scripts/scales-figure.ts <out.svg> <name>=<weights>… [--videos <n>] [--model <directory>]');
  process.exit(2);
}
const config = await readModelConfig(model);
const frames = defaultFrames(config.schedule);
const schedule = planSchedule(config.schedule, frames, 1);
const { video } = toyWorld({ split: 'held-out' }).batch(0, Number(videos), frames); // (N, 3, T, H, W)
const quantizer = { config: config.quantizer, channels: config.tokenizer.latent_channels * 4 };
const series: Series[] = [];
for (const [, name, path] of tokenizers as RegExpExecArray[]) {
  const backend = await makeBackend(undefined);
  const tokenizer = makeTokenizer(config.tokenizer, residentWeights(backend, await readWeights(path)));
  const decibels = await psnrOfScalesKept(backend, tokenizer, quantizer, schedule, config.sampling, video);
  console.log(`${name}: ${decibels.map((value, n) => `${n + 1} of ${decibels.length} scales ${value.toFixed(2)} dB`).join(', ')}`);
  series.push({ name, points: decibels.map((value, n) => [n + 1, value]), dots: true });
}
const title = `PSNR of ${videos} held-out videos by the number of scales kept, dB`;
await writeFileAtomic(out, new TextEncoder().encode(lineChart({ title, xLabel: 'scales kept', series })));
process.exit(0); // threads of the backends would go on
