/**
 * Causes as changes of this implementation or of a case: an operation done otherwise, a weight or a setting taken
 * otherwise. A cause is confirmed when the changed computation gives the port's numbers.
 */

import { hostTensor, rowMajor } from '../../array/host.ts';
import type { HostTensor } from '../../array/host.ts';
import type { Backend } from '../../backend/backend.ts';
import type { Case } from '../../conform/case.ts';
import { Fields } from '../../io/fields.ts';
import { altered } from './altered-backend.ts';
import type { Ops } from './altered-backend.ts';
import { alignedResize, edgeConv, exactGelu, INTERLEAVED, interleaved, otherRope, quickGelu, rotateHalves, withoutMean } from './other-ops.ts';

export interface Hypothesis {
  readonly text: string;
  /** Steps whose outputs it can explain, by their letters: `T`, `V`, `X2` … */
  readonly steps: RegExp;
  readonly backend?: (b: Backend) => Backend;
  /** Nothing where the case has not what is changed. */
  readonly case?: (c: Case) => Case | undefined;
}

const NORMS = /^([TX]|S1|S3)/;
const ATTENTION = /^[TS]/;
const ROTARY = /^([TS]|R1$)/;
const CONVOLUTIONS = /^V/;

const op = (text: string, steps: RegExp, replace: (right: Backend, stage: string) => Ops): Hypothesis => {
  return { text, steps, backend: (b) => altered(b, replace) };
};

const EPSILONS = [1e-3, 1e-4, 1e-5, 1e-7, 1e-8, 0];

export const HYPOTHESES: readonly Hypothesis[] = [
  ...EPSILONS.map((epsilon) => op(`epsilon of the RMS norm is ${epsilon}, not 1e-6`, NORMS, (b) => ({
    rmsNorm: (x, weight) => b.rmsNorm(x, weight, epsilon),
  }))),
  op('the RMS norm subtracts the mean', NORMS, (b) => ({ rmsNorm: (x, weight, eps) => b.rmsNorm(withoutMean(b, x), weight, eps) })),
  op('the weight of the RMS norm is 1 + w', NORMS, (b) => ({ rmsNorm: (x, weight, eps) => b.rmsNorm(x, b.affine(weight, 1, 1), eps) })),
  op('queries and keys are not normed', ATTENTION, (b, stage) => (stage !== 'attention' && stage !== '' ? {} : {
    rmsNorm: (x, weight, eps) => (x.shape.length === 4 ? x : b.rmsNorm(x, weight, eps)),
  })),
  op('the text is not normed before its projection', /^[TS]/, (_, stage) => (stage === 'project' ? { rmsNorm: (x) => x } : {})),
  op('GELU is the exact one (erf), not the tanh form', /^[TXS]/, (b) => ({ map: (f, x) => (f === 'gelu' ? exactGelu(b, x) : b.map(f, x)) })),
  op('GELU is the quick one, x·σ(1.702·x), not the tanh form', /^[TXS]/, (b) => ({
    map: (f, x) => (f === 'gelu' ? quickGelu(b, x) : b.map(f, x)),
  })),
  op('GELU is SiLU', /^[TXS]/, (b) => ({ map: (f, x) => b.map(f === 'gelu' ? 'silu' : f, x) })),
  op('SiLU is GELU (tanh form)', /^[TVQS]/, (b) => ({ map: (f, x) => b.map(f === 'silu' ? 'gelu' : f, x) })),
  op('SiLU is GELU (exact)', /^[TVQS]/, (b) => ({ map: (f, x) => (f === 'silu' ? exactGelu(b, x) : b.map(f, x)) })),
  op('SiLU is ReLU', /^[TVQS]/, (b) => ({ map: (f, x) => b.map(f === 'silu' ? 'relu' : f, x) })),
  op('SiLU lacks its factor x: a sigmoid', /^[TV]/, (b) => ({ map: (f, x) => b.map(f === 'silu' ? 'sigmoid' : f, x) })),
  op('rotary pairs are (i, i + D/2), not (2i, 2i + 1)', ROTARY, (b) => ({ rotary: (x, rope) => rotateHalves(b, x, rope) })),
  op('the rotation goes backwards: sines have the other sign', ROTARY, (b) => ({
    rotary: (x, rope) => b.rotary(x, otherRope(b, rope, 'backwards')),
  })),
  op('cosines and sines are swapped', ROTARY, (b) => ({ rotary: (x, rope) => b.rotary(x, otherRope(b, rope, 'swapped')) })),
  op('scores are not scaled by 1/√head_dim', ATTENTION, (_, stage) => (/^rows/.test(stage) ? { affine: (x) => x } : {})),
  op('scores are scaled by 1/√(heads·head_dim), not 1/√head_dim', ATTENTION, (b, stage) => (/^rows/.test(stage) ? {
    affine: (x, scale) => b.affine(x, scale / Math.sqrt(x.shape[1])),
  } : {})),
  op(INTERLEAVED, ATTENTION, (b, stage) => (/^rows/.test(stage) ? {
    reshape: (x, shape) => {
      if (x.shape.length !== 4 || shape.length !== 4 || x.shape[1] === shape[1]) return b.reshape(x, shape);
      const folds = x.shape[1] > shape[1];
      return folds ? b.reshape(interleaved(b, x, shape[1]), shape) : interleaved(b, b.reshape(x, shape), x.shape[1], true);
    },
  } : {})),
  op('convolutions repeat the edge around space, not zeros', CONVOLUTIONS, (b) => ({ conv3d: (x, weight, bias) => edgeConv(b, x, weight, bias) })),
  op('zeros stand before the first frame, not copies of it', CONVOLUTIONS, (b) => ({
    concat: (xs, axis) => {
      if (axis !== 2 || xs.length !== 3 || xs[0] !== xs[1]) return b.concat(xs, axis);
      const zeros = b.affine(xs[0], 0);
      return b.concat([zeros, zeros, xs[2]], 2);
    },
  })),
  op('the convolution cache of the chunk before is not used', CONVOLUTIONS, (b) => ({
    concat: (xs, axis) => {
      const [cache, x] = xs;
      if (axis !== 2 || xs.length !== 2 || cache.shape.length !== 5 || cache.shape[2] !== 2) return b.concat(xs, axis);
      const first = b.slice(x, 2, 0, 1);
      return b.concat([first, first, x], 2);
    },
  })),
  op('area resizing is nearest neighbour', /^[QSTV]/, (b) => ({ resize: (x, size, mode) => b.resize(x, size, mode === 'area' ? 'nearest' : mode) })),
  op('trilinear resizing has align_corners = true', /^[QSTV]/, (b) => ({
    resize: (x, size, mode) => (mode === 'trilinear' ? alignedResize(b, x, size) : b.resize(x, size, mode)),
  })),
  op('trilinear resizing is nearest neighbour', /^[QSTV]/, (b) => ({ resize: (x, size, mode) => b.resize(x, size, mode === 'trilinear' ? 'nearest' : mode) })),
  op('space-to-depth orders channels (c, ph, pw), not (ph, pw, c)', CONVOLUTIONS, (b) => ({
    permute: (x, axes) => b.permute(x, String(axes) === '0,3,5,1,2,4' && x.shape[3] === 2 && x.shape[0] <= 2 ? [0, 1, 3, 5, 2, 4] : axes),
  })),
  op('depth-to-space swaps height and width', CONVOLUTIONS, (b) => ({
    permute: (x, axes) => b.permute(x, String(axes) === '0,4,5,1,6,2,7,3' ? [0, 4, 5, 1, 6, 3, 7, 2] : axes),
  })),
  op('of the first frames the first is kept, not their mean', CONVOLUTIONS, (b) => ({
    sum: (x, axes) => (x.shape.length === 5 && String(axes) === '2' ? b.affine(b.slice(x, 2, 0, 1), x.shape[2]) : b.sum(x, axes)),
  })),
  {
    text: 'scale and shift of the conditioned norm are swapped', steps: CONVOLUTIONS,
    case: (c) => withWeights(c, (key) => key.replace(/conv_[yb](?=\.)/, (name) => (name === 'conv_y' ? 'conv_b' : 'conv_y'))),
  },
  {
    text: 'gate and up projections are swapped', steps: /^[TS]/,
    case: (c) => withWeights(c, (key) => key.replace(/(gate|up)(?=_proj)/, (name) => (name === 'gate' ? 'up' : 'gate'))),
  },
  { text: 'the blocks run in reverse order', steps: /^[TS]/, case: (c) => withBlocksReversed(c) },
  {
    text: 'biases of the attention are left out', steps: /^[TS]/,
    case: (c) => withChangedWeights(c, (key) => /attn\..*\.bias$/.test(key), () => 0),
  },
  {
    text: 'the learned scale of the features is left out', steps: /^[VS]/,
    case: (c) => withChangedWeights(c, (key) => key === 'scale_learnable_parameters', () => 1),
  },
  { text: 'the noise of the posterior is left out', steps: /^V/, case: (c) => withoutInput(c, 'noise') },
  { text: 'the null text stands in place of the negative prompt', steps: /^[ST]/, case: (c) => withoutInput(c, 'negative') },
  {
    text: 'repetitions kept are the first ones, not the last', steps: /^T5/,
    case: (c) => (c.config.has('model') ? withConfig(c, { max_repeat_times: 1 }) : undefined),
  },
];

/** Weights under other keys. */
function withWeights(c: Case, rename: (key: string) => string): Case | undefined {
  const weights = c.weights();
  if (![...weights.keys()].some((key) => rename(key) !== key)) return undefined;
  const renamed = new Map([...weights].map(([key, value]) => [rename(key), value] as const));
  return changed(c, { weights: () => renamed });
}

function withBlocksReversed(c: Case): Case | undefined {
  const prefixOf = (key: string): string | undefined => /^(block_chunks\.\d+\.module\.\d+|blocks\.\d+)\./.exec(key)?.[1];
  const prefixes = [...new Set([...c.weights().keys()].map(prefixOf))]
    .filter((prefix) => prefix !== undefined).sort();
  if (prefixes.length < 2) return undefined;
  return withWeights(c, (key) => {
    const at = prefixes.findIndex((prefix) => key.startsWith(`${prefix}.`));
    return at < 0 ? key : prefixes[prefixes.length - 1 - at] + key.slice(prefixes[at].length);
  });
}

function withChangedWeights(c: Case, chosen: (key: string) => boolean, value: (x: number) => number): Case | undefined {
  const weights = c.weights();
  if (![...weights.keys()].some(chosen)) return undefined;
  const change = (x: HostTensor): HostTensor => hostTensor(Float32Array.from(rowMajor(x), value), x.shape);
  const all = new Map([...weights].map(([key, x]) => [key, chosen(key) ? change(x) : x] as const));
  return changed(c, { weights: () => all });
}

function withoutInput(c: Case, name: string): Case | undefined {
  return c.hasInput(name) ? changed(c, { hasInput: (other) => other !== name && c.hasInput(other) }) : undefined;
}

function withConfig(c: Case, values: Record<string, unknown>): Case {
  const all = Object.fromEntries(c.config.keys.map((key) => [key, c.config.unknown(key)]));
  return changed(c, { config: new Fields({ ...all, ...values }, c.config.where) });
}

function changed(c: Case, parts: Partial<Case>): Case {
  return { ...c, ...parts };
}
