/** Line charts as SVG text that stands alone or inside a page: axes with round numbers, a legend, named borders. */

import { escapeMarkup } from './markup.ts';

export type Point = readonly [x: number, y: number];

export interface Series {
  readonly name: string;
  /** In the order of x; those that are not finite, or not positive on a logarithmic axis, are left out. */
  readonly points: readonly Point[];
  readonly dashed?: boolean;
  /** Shows every point. */
  readonly dots?: boolean;
}

export interface LineChart {
  readonly title: string;
  readonly xLabel: string;
  readonly series: readonly Series[];
  readonly logarithmic?: boolean;
  /** Vertical lines, each with its name to the right of it. */
  readonly borders?: readonly { readonly at: number; readonly name: string }[];
}

const [WIDTH, HEIGHT] = [560, 300];
const AREA = { left: 58, right: 546, top: 48, bottom: 258 };
/** Apart from each other for colour-blind eyes too (M. Okabe and K. Ito), the yellow darkened. */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#9a8a00', '#333333'];

export function lineChart({ title, xLabel, series, logarithmic = false, borders = [] }: LineChart): string {
  const shown = series
    .map((line) => ({ ...line, points: line.points.filter(([x, y]) => Number.isFinite(x + y) && (!logarithmic || y > 0)) }))
    .filter(({ points }) => points.length > 0);
  const all = shown.flatMap(({ points }) => points);
  const last = all.reduce((most, [x]) => Math.max(most, x), 0);
  const reached = borders.map(({ at }) => at).filter((at) => at <= last);
  const across = axis([...all.map(([x]) => x), ...reached], AREA.left, AREA.right, false);
  const up = axis(all.map(([, y]) => y), AREA.bottom, AREA.top, logarithmic);
  const parts = [
    label(AREA.left, 18, title, 'font-weight="bold"'),
    ...up.ticks.map((y) => line(AREA.left, up.at(y), AREA.right, up.at(y), '#ddd') + label(AREA.left - 6, up.at(y) + 4, say(y), 'text-anchor="end"')),
    ...across.ticks.map((x) => label(across.at(x), AREA.bottom + 16, say(x), 'text-anchor="middle"')),
    line(AREA.left, AREA.bottom, AREA.right, AREA.bottom, '#888'),
    label((AREA.left + AREA.right) / 2, HEIGHT - 8, xLabel, 'text-anchor="middle"'),
    ...borders.filter(({ at }) => across.holds(at)).map(({ at, name }) => {
      const x = across.at(at);
      return line(x, AREA.top, x, AREA.bottom, '#888', '2 3') + label(x + 3, AREA.top + 10, name, 'fill="#666"');
    }),
    ...shown.map((one, i) => curve(one, COLOURS[i % COLOURS.length], across.at, up.at)),
    legend(shown),
  ];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img"`,
    ` aria-label="${escapeMarkup(title)}" font-family="sans-serif" font-size="12" fill="#222">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>${parts.join('\n')}</svg>\n`,
  ].join('');
}

/** From values to a place between two pixels. */
interface Axis {
  readonly ticks: readonly number[];
  readonly at: (value: number) => number;
  readonly holds: (value: number) => boolean;
}

function axis(values: readonly number[], from: number, to: number, logarithmic: boolean): Axis {
  const map = logarithmic ? Math.log10 : (value: number): number => value;
  let low = values.reduce((least, value) => Math.min(least, map(value)), Infinity);
  let high = values.reduce((most, value) => Math.max(most, map(value)), -Infinity);
  if (!(low < high)) [low, high] = Number.isFinite(low) ? [low - 0.5, high + 0.5] : [0, 1];
  const at = (value: number): number => from + ((map(value) - low) / (high - low)) * (to - from);
  const holds = (value: number): boolean => map(value) >= low && map(value) <= high;
  const powers = logarithmic ? roundPowers(low, high).filter(holds) : [];
  const ticks = powers.length > 1 ? powers : roundNumbers(logarithmic ? 10 ** low : low, logarithmic ? 10 ** high : high);
  return { ticks: ticks.filter(holds), at, holds };
}

/** About five multiples of 1, 2 or 5 times a power of ten. */
function roundNumbers(low: number, high: number): number[] {
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough)!;
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, i) => (first + i) * step);
}

/** Powers of ten, and 2 and 5 times them where there are few. */
function roundPowers(low: number, high: number): number[] {
  const factors = high - low > 3 ? [1] : [1, 2, 5];
  const first = Math.floor(low);
  return Array.from({ length: Math.ceil(high) - first + 1 }, (_, i) => first + i).flatMap((e) => factors.map((f) => f * 10 ** e));
}

function curve({ points, dashed, dots }: Series, colour: string, x: Axis['at'], y: Axis['at']): string {
  const places = points.map((point) => [x(point[0]).toFixed(1), y(point[1]).toFixed(1)] as const);
  const dash = dashed ? ' stroke-dasharray="5 3"' : '';
  const path = `<polyline fill="none" stroke="${colour}" stroke-width="1.8"${dash} points="${places.map((p) => p.join(',')).join(' ')}"/>`;
  const shown = dots || places.length === 1 ? places : []; // a line of one point would be invisible
  return path + shown.map(([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="3" fill="${colour}"/>`).join('');
}

/** In one row above the chart; a single series needs none, the title names it. */
function legend(series: readonly Series[]): string {
  if (series.length < 2) return '';
  let left = AREA.left;
  return series.map(({ name, dashed }, i) => {
    const x = left;
    left += 28 + 7 * name.length;
    return line(x, 32, x + 16, 32, COLOURS[i % COLOURS.length], dashed ? '5 3' : undefined, 2) + label(x + 20, 36, name);
  }).join('');
}

function line(x1: number, y1: number, x2: number, y2: number, colour: string, dash?: string, width = 1): string {
  const [a, b, c, d] = [x1, y1, x2, y2].map((value) => value.toFixed(1));
  return `<line x1="${a}" y1="${b}" x2="${c}" y2="${d}" stroke="${colour}" stroke-width="${width}"${dash ? ` stroke-dasharray="${dash}"` : ''}/>`;
}

function label(x: number, y: number, text: string, attributes = ''): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${attributes}>${escapeMarkup(text)}</text>`;
}

function say(value: number): string {
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-4 || size >= 1e5) ? value.toExponential(0) : String(Number(value.toPrecision(4)));
}
