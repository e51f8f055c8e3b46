/**
 * A run as one HTML page that needs no other file: curves of what its log holds, and pictures of what it makes.
 *
 * A curve has at most `POINTS` points: means over equal stretches of steps, so that single batches do not hide the trend.
 */

import { escapeMarkup } from '../../io/markup.ts';
import { lineChart } from '../../io/line-chart.ts';
import type { LineChart, Point, Series } from '../../io/line-chart.ts';
import type { Picture } from '../../io/picture.ts';
import { encodePng } from '../../io/png.ts';

const POINTS = 300;

/** A picture to look at, and what it shows. */
export interface RunSample {
  readonly caption: string;
  readonly picture: Picture;
}

export interface RunPage {
  readonly title: string;
  /** Of the whole run. */
  readonly steps: number;
  readonly stages: readonly { readonly name: string; readonly steps: number }[];
  /** Of the log, in order; what is not a number is not shown. */
  readonly lines: readonly Readonly<Record<string, unknown>>[];
  readonly samples: readonly RunSample[];
}

/** Charts and the metrics in each; the held-out ones are dashed. */
const CHARTS: readonly { readonly title: string; readonly of: RegExp; readonly logarithmic?: boolean }[] = [
  { title: 'Loss', of: /(^|_)loss$/, logarithmic: true },
  { title: 'PSNR of reconstructions, dB', of: /(^|_)psnr$/ },
  { title: 'Right bits per scale', of: /^acc_\d+$/ },
  { title: 'Right bits per scale, held out', of: /^held_out_acc_\d+$/ },
  { title: 'Right bits per scale after a turn, held out', of: /^held_out_turn_acc_\d+$/ },
  { title: 'Right bits per scale of pictures, held out', of: /^held_out_picture_acc_\d+$/ },
  { title: 'Learning rate', of: /^rate$/ },
  { title: 'Norm of the gradients', of: /^norm$/, logarithmic: true },
  { title: 'Seconds a step', of: /^seconds$/ },
];

export function runPage({ title, steps, stages, lines, samples }: RunPage): string {
  const names = [...new Set(lines.flatMap((line) => Object.keys(line)))];
  const starts = stages.map((_, i) => stages.slice(0, i).reduce((sum, stage) => sum + stage.steps, 0));
  const borders = stages.map(({ name }, i) => ({ at: starts[i], name }));
  const charts = CHARTS.flatMap(({ title, of, logarithmic = false }): LineChart[] => {
    const all = names.filter((name) => of.test(name)).map((name) => seriesOf(name, lines));
    const series = all.filter(({ points }) => points.length > 0);
    return series.length === 0 ? [] : [{ title, xLabel: 'step', series, logarithmic, borders }];
  });
  const seconds = pointsOf('seconds', lines).reduce((sum, [, value]) => sum + value, 0);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escapeMarkup(title)}</title>
<style>
body { font: 15px/1.5 sans-serif; margin: 2em auto; max-width: 1180px; padding: 0 1em; color: #222; background: #fff }
svg, figure { display: inline-block; margin: 0 1em 1em 0; max-width: 100% }
img { image-rendering: pixelated; display: block; max-width: 100% }
td { padding-right: 2em }
</style></head><body>
<h1>${escapeMarkup(title)}</h1>
<p>${lines.length} of ${steps} steps, ${(seconds / 60).toFixed(1)} minutes of computing.</p>
${table(names, lines)}
<h2>Curves</h2>
${charts.map(lineChart).join('')}
${samples.length === 0 ? '' : `<h2>Samples</h2>\n${samples.map(figure).join('')}`}
</body></html>
`;
}

function seriesOf(name: string, lines: RunPage['lines']): Series {
  const points = pointsOf(name, lines);
  const held = name.startsWith('held_out');
  return { name: name.replaceAll('_', ' '), points: thinned(points), dashed: held && !/acc_\d+$/.test(name), dots: held && points.length < 50 };
}

function pointsOf(name: string, lines: RunPage['lines']): Point[] {
  return lines.flatMap((line): Point[] => {
    const [step, value] = [line['step'], line[name]];
    return typeof step === 'number' && typeof value === 'number' ? [[step, value]] : [];
  });
}

function thinned(points: readonly Point[]): readonly Point[] {
  const each = Math.ceil(points.length / POINTS);
  return Array.from({ length: Math.ceil(points.length / each) }, (_, i): Point => {
    const part = points.slice(i * each, (i + 1) * each);
    return [0, 1].map((axis) => part.reduce((sum, point) => sum + point[axis], 0) / part.length) as [number, number];
  });
}

/** The last value of every metric. */
function table(names: readonly string[], lines: RunPage['lines']): string {
  const rows = names.filter((name) => name !== 'step').flatMap((name) => {
    const last = pointsOf(name, lines).at(-1);
    const cells = last && [name.replaceAll('_', ' '), String(Number(last[1].toPrecision(5))), `step ${last[0] + 1}`];
    return cells === undefined ? [] : [`<tr>${cells.map((cell) => `<td>${escapeMarkup(cell)}</td>`).join('')}</tr>`];
  });
  return `<table>${rows.join('\n')}</table>`;
}

function figure({ caption, picture }: RunSample): string {
  const [height, width] = picture.shape as [number, number, number];
  const url = `data:image/png;base64,${Buffer.from(encodePng(picture)).toString('base64')}`;
  const size = `width="${2 * width}" height="${2 * height}"`;
  return `<figure><img src="${url}" ${size} alt="${escapeMarkup(caption)}"><figcaption>${escapeMarkup(caption)}</figcaption></figure>\n`;
}
