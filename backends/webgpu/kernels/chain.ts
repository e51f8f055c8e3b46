/**
 * An elementwise expression in one launch, its intermediate results in registers (expression.ts):
 *
 *   y[t(i)] = f(x₁[a₁(i)], x₂[a₂(i)], …),   aₖ(i) = startₖ + Σₙ iₙ · strideₖₙ,  t alike
 *
 * The text depends on the form of f alone: its operations, which loads have an array or an index in common, how many axes are
 * left when neighbouring ones are merged, and which indices are i itself. Extents, strides and numbers are parameters, so one
 * kernel serves all shapes. One thread an element; bound by memory: 4 bytes an element for each load, and 4 to write.
 */

import { sizeOf } from '../../../src/array/host.ts';
import { mergeAxes, stridesOf } from '../../../src/backend/axes.ts';
import type { Expression, Index, Operation, Term } from '../expression.ts';
import { loadsOf, workOf } from '../expression.ts';
import { FUNCTIONS, LOGISTIC } from './functions.ts';
import type { Kernel } from './kernel.ts';
import { EACH, real } from './kernel.ts';

/** What a launch needs. */
export interface ChainLaunch<Source> {
  readonly kernel: Kernel;
  readonly sources: readonly Source[];
  readonly numbers: readonly number[];
  readonly size: number;
}

/** Arrays that every device can bind beside the result; operations, so that texts stay small; words of parameters. */
const MOST_SOURCES = 7;
const MOST_WORK = 16;
const WORDS = 60;

/** Kernels kept; the oldest is forgotten, and compiled again if it comes again. */
const KERNELS = 256;
const kernels = new Map<string, Kernel>();

/** Whether one launch can compute an expression, wherever its elements go. */
export function fits({ extents, term }: Expression<unknown>): boolean {
  const [axes, loads] = [extents.flat().length, loadsOf(term).length];
  return loads <= MOST_SOURCES && workOf(term) <= MOST_WORK && axes * (loads + 2) + loads + 1 + numbersOf(term) <= WORDS;
}

function numbersOf(term: Term<unknown>): number {
  return 'source' in term ? 0 : term.of.reduce((sum, each) => sum + numbersOf(each), term.numbers.length);
}

/** @param to where element i goes, i itself unless given. */
export function chainLaunch<Source>({ extents, term }: Expression<Source>, to?: Index): ChainLaunch<Source> {
  const all = extents.flat();
  const form = new Form<Source>();
  const text = form.visit(term);
  const indices = [...form.indices, to ?? { start: 0, strides: stridesOf(all) }];
  const axes = mergeAxes(all, ...indices.map(({ strides }) => strides)).reverse();
  const whole = stridesOf(axes.map(({ extent }) => extent).reverse()).reverse();
  const direct = indices.map(({ start }, i) => start === 0 && axes.every(({ strides }, axis) => strides[i] === whole[axis]));
  const walked = indices.flatMap((_, i) => (direct[i] ? [] : [i]));
  const words = [
    ...axes.flatMap(({ extent, strides }) => [extent, ...walked.map((i) => strides[i])]),
    ...walked.map((i) => indices[i].start),
    ...form.numbers.map(real),
  ];
  const key = `${axes.length} ${direct.map(Number).join('')} ${form.loads.join(' ')} ${text}`;
  let kernel = kernels.get(key);
  if (kernel === undefined) {
    const [oldest] = kernels.keys();
    if (kernels.size >= KERNELS) kernels.delete(oldest);
    const name = 'source' in term ? 'copy' : 'elementwise';
    kernels.set(key, kernel = { name, inputs: form.sources.length, code: codeOf(form, text, axes.length, direct, walked) });
  }
  return { kernel, sources: form.sources, numbers: [sizeOf(all), 0, 0, 0, ...words], size: sizeOf(all) };
}

/** A term taken apart: what is in its text, and what in its parameters. */
class Form<Source> {
  readonly sources: Source[] = [];
  readonly indices: Index[] = [];
  readonly numbers: number[] = [];
  /** The source and the index of every different load. */
  readonly loads: string[] = [];

  /** The text of the term: load k is `vk`, number k `nk`. */
  visit(term: Term<Source>): string {
    if ('source' in term) return `v${this.load(term.source, term.at)}`;
    const of = term.of.map((each) => this.visit(each));
    const numbers = term.numbers.map((number) => `n${this.numbers.push(number) - 1}`);
    return OPERATIONS[term.operation](of, numbers);
  }

  private load(source: Source, { start, strides }: Index): number {
    let binding = this.sources.indexOf(source);
    if (binding < 0) binding = this.sources.push(source) - 1;
    let at = this.indices.findIndex((other) => other.start === start && other.strides.every((n, i) => n === strides[i]));
    if (at < 0) at = this.indices.push({ start, strides }) - 1;
    const load = `x${binding}[at${at}]`;
    const known = this.loads.indexOf(load);
    return known < 0 ? this.loads.push(load) - 1 : known;
  }
}

function codeOf(
  form: Form<unknown>, text: string, axes: number, direct: readonly boolean[], walked: readonly number[],
): string {
  const { sources, indices, numbers, loads } = form;
  const names = [...indices.map((_, i) => `at${i}`), 'to'];
  const each = walked.length + 1; // words of an axis
  const word = (i: number): string => `p.words[${i >> 2}].${'xyzw'[i & 3]}`;
  const coordinates = Array.from({ length: walked.length === 0 ? 0 : axes }, (_, axis) => {
    if (axis === axes - 1) return `  let c${axis} = rest${axis};`;
    const extent = word(axis * each);
    return `  let rest${axis + 1} = rest${axis} / ${extent};\n  let c${axis} = rest${axis} - rest${axis + 1} * ${extent};`;
  });
  const index = (i: number): string => {
    if (direct[i]) return 'i';
    const at = walked.indexOf(i);
    const along = Array.from({ length: axes }, (_, axis) => `c${axis} * ${word(axis * each + 1 + at)}`);
    return [word(axes * each + at), ...along].join(' + ');
  };
  const first = axes * each + walked.length; // of the numbers
  return /* wgsl */ `
struct Params { size: u32, words: array<vec4u, ${WORDS / 4}> } // of axes, the last first: extent, strides; then starts, numbers
@group(0) @binding(0) var<uniform> p: Params;
${sources.map((_, i) => `@group(0) @binding(${i + 1}) var<storage, read> x${i}: array<f32>;`).join('\n')}
@group(0) @binding(${sources.length + 1}) var<storage, read_write> y: array<f32>;
${LOGISTIC}
${Object.entries(FUNCTIONS).map(([name, body]) => `fn ${name}Of(v: f32) -> f32 { return ${body}; }`).join('\n')}

${EACH}
  let rest0 = i;
${coordinates.join('\n')}
${names.map((name, i) => `  let ${name} = ${index(i)};`).join('\n')}
${numbers.map((_, i) => `  let n${i} = bitcast<f32>(${word(first + i)});`).join('\n')}
${loads.map((load, i) => `  let v${i} = ${load};`).join('\n')}
  y[to] = ${text};
}`;
}

type Write = (of: readonly string[], numbers: readonly string[]) => string;

const OPERATIONS: Readonly<Record<Operation, Write>> = {
  silu: ([x]) => `siluOf(${x})`,
  gelu: ([x]) => `geluOf(${x})`,
  relu: ([x]) => `reluOf(${x})`,
  sigmoid: ([x]) => `sigmoidOf(${x})`,
  exp: ([x]) => `expOf(${x})`,
  log: ([x]) => `logOf(${x})`,
  step: ([x]) => `stepOf(${x})`,
  add: ([a, b]) => `(${a} + ${b})`,
  sub: ([a, b]) => `(${a} - ${b})`,
  mul: ([a, b]) => `(${a} * ${b})`,
  div: ([a, b]) => `(${a} / ${b})`,
  affine: ([x], [scale, shift]) => `(${x} * ${scale} + ${shift})`,
};
