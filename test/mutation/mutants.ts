/**
 * Broken variants of this implementation, each with the step that it breaks: functions of single steps replaced where
 * they are imported, or operations of the backend. None is a copy of the model.
 */

import { widened } from '../../src/array/stored.ts';
import type { HostTensor } from '../../src/array/host.ts';
import { hostTensor, rowMajor } from '../../src/array/host.ts';
import type { Backend, Tensor } from '../../src/backend/backend.ts';
import type { Weights } from '../../src/backend/weights.ts';
import type * as Clips from '../../src/pyramid/clips.ts';
import type * as Repetition from '../../src/pyramid/repetition.ts';
import type * as Rounding from '../../src/pyramid/rounding.ts';
import type * as Codes from '../../src/quantizer/codes.ts';
import type * as ResidualEncode from '../../src/quantizer/residual-encode.ts';
import type * as SelfCorrection from '../../src/quantizer/self-correction.ts';
import type * as Vocabulary from '../../src/quantizer/vocabulary.ts';
import type * as Frequencies from '../../src/rope/frequencies.ts';
import { gridRope } from '../../src/rope/grid.ts';
import type * as TextRope from '../../src/rope/text-rope.ts';
import type * as VisualRope from '../../src/rope/visual-rope.ts';
import type * as Draw from '../../src/sampler/draw.ts';
import type * as Frames from '../../src/sampler/frames.ts';
import type * as Guidance from '../../src/sampler/guidance.ts';
import type * as Interact from '../../src/sampler/interact.ts';
import type * as CausalConv from '../../src/tokenizer/causal-conv.ts';
import type * as ChannelNorm from '../../src/tokenizer/channel-norm.ts';
import type * as Chunks from '../../src/tokenizer/chunks.ts';
import type * as ConditionedNorm from '../../src/tokenizer/conditioned-norm.ts';
import type * as DownBlock from '../../src/tokenizer/down-block.ts';
import type * as Patchify from '../../src/tokenizer/patchify.ts';
import type * as UpBlock from '../../src/tokenizer/up-block.ts';
import type * as GatedMlp from '../../src/transformer/gated-mlp.ts';
import type * as Heads from '../../src/transformer/heads.ts';
import type * as Mask from '../../src/transformer/mask.ts';
import type * as TextPrefix from '../../src/transformer/text-prefix.ts';
import { alignedResize } from '../../src/kit/causes/other-ops.ts';
import { broken, brokenOutside } from './broken-backend.ts';

export interface Mutant {
  readonly name: string;
  /** The step that is broken. */
  readonly step: string;
  /** File below `src/` and what replaces some of its exports. */
  readonly module?: readonly [file: string, replace: (right: never) => object];
  readonly backend?: (b: Backend) => Backend;
  /** Tried in the normal test run too. */
  readonly quick?: true;
}

/** Replaces exports of a module; typed by the module. */
function replacing<M>(file: string, replace: (right: M) => Partial<M>): Pick<Mutant, 'module'> {
  return { module: [file, replace] };
}

/** Visual positions with other rows of the grid. */
function visualRope(rows: (count: number, full: number) => number[]): VisualRopeFunction {
  return (config, { realSi, frames, size, fullSize }) => gridRope(config, {
    scale: [config.text_maxlen + realSi], time: frames, height: rows(size[0], fullSize[0]), width: rows(size[1], fullSize[1]),
  });
}
type VisualRopeFunction = typeof VisualRope.visualRope;

const doubleRows = (count: number, full: number): number[] => range(count).map((i) => {
  const row = i * (full / count);
  return row % 1 === 0.5 ? 2 * Math.round(row / 2) : Math.round(row);
});

const range = (count: number): number[] => [...Array(count).keys()];
const halfUp = (x: number): number => Math.floor(x + 0.5);

/** The other one of two weight keys. */
function swapped(w: Weights, a: string, b: string): Weights {
  const other = (key: string): string => (key.startsWith(a) ? key.replace(a, b) : key.startsWith(b) ? key.replace(b, a) : key);
  return { get: (key) => w.get(other(key)), has: (key) => w.has(other(key)), at: (prefix) => w.at(other(prefix)) };
}

function swapRows(x: HostTensor): HostTensor {
  const values = rowMajor(x);
  const half = values.length / 2;
  return hostTensor(Float32Array.of(...values.subarray(half), ...values.subarray(0, half)), x.shape);
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'base scales rounded half up', step: 'P1',
    ...replacing<typeof Rounding>('pyramid/rounding.ts', () => ({ roundHalfEven: halfUp })),
  },
  {
    name: 'reference to the third largest scale', step: 'P3', quick: true,
    ...replacing<typeof Clips>('pyramid/clips.ts', ({ clipContexts, RELEASED_CONTEXT }) => ({
      clipContexts: (schedule, context = RELEASED_CONTEXT) => {
        const released = context.context_from_largest_no === 1;
        return clipContexts(schedule, released ? { ...context, context_from_largest_no: 3 } : context);
      },
    })),
  },
  {
    name: 'real scale index counts executed repetitions', step: 'P4', quick: true,
    ...replacing<typeof Repetition>('pyramid/repetition.ts', ({ expandSteps }) => ({
      expandSteps: (schedule, repetition) => expandSteps(schedule, repetition).map((step, k) => ({ ...step, realSi: k })),
    })),
  },
  {
    name: 'text positions counted on from text_maxlen', step: 'R2', quick: true,
    ...replacing<typeof TextRope>('rope/text-rope.ts', () => ({
      textRope: (config, length) => gridRope(config, {
        scale: range(length).map((i) => config.text_maxlen + i), time: [0], height: [0], width: [0],
      }),
    })),
  },
  {
    name: 'text positions from one', step: 'R2', quick: true,
    ...replacing<typeof TextRope>('rope/text-rope.ts', () => ({
      textRope: (config, length) => gridRope(config, {
        scale: range(length).map((i) => i + 1), time: [0], height: [0], width: [0],
      }),
    })),
  },
  {
    name: 'height and width swapped in the rotary grid', step: 'R3', quick: true,
    ...replacing<typeof VisualRope>('rope/visual-rope.ts', ({ gridRows }) => ({
      visualRope: (config, { realSi, frames, size, fullSize }) => gridRope(config, {
        scale: [config.text_maxlen + realSi], time: frames,
        height: gridRows(size[1], fullSize[1]), width: gridRows(size[0], fullSize[0]),
      }),
    })),
  },
  {
    name: 'grid rows rounded half up', step: 'R3', quick: true,
    ...replacing<typeof VisualRope>('rope/visual-rope.ts', () => ({
      visualRope: visualRope((count, full) => range(count).map((i) => halfUp(Math.fround(i * Math.fround(full / count))))),
    })),
  },
  {
    name: 'grid rows in double precision', step: 'R3',
    ...replacing<typeof VisualRope>('rope/visual-rope.ts', () => ({
      visualRope: visualRope(doubleRows),
      gridRows: (count, full) => Int32Array.from(doubleRows(count, full)),
    })),
  },
  {
    name: 'frequencies with exponent 2i/n', step: 'R1', quick: true,
    ...replacing<typeof Frequencies>('rope/frequencies.ts', ({ inverseFrequencies, rotaryTable }) => ({
      inverseFrequencies: (config) => inverseFrequencies(config).map((f) => f * f),
      rotaryTable: (config, positions) => rotaryTable({ ...config, base: (config.base ?? 10000) ** 2 }, positions),
    })),
  },
  {
    name: 'zero becomes bit 1', step: 'Q1', quick: true,
    backend: (b) => broken(b, (right) => ({
      map: (f, x) => (f === 'step' ? right.affine(right.map('step', right.affine(x, -1)), -1, 1) : right.map(f, x)),
    })),
  },
  {
    name: 'codes are ±1, not ±1/√d', step: 'Q2', quick: true,
    ...replacing<typeof Codes>('quantizer/codes.ts', ({ codesOf }) => ({
      codesOf: (b, bits) => b.affine(codesOf(b, bits), Math.sqrt(bits.shape.at(-1)!)),
    })),
  },
  {
    name: 'area resizing replaced by nearest', step: 'Q3', quick: true,
    backend: (b) => broken(b, (right) => ({ resize: (x, size, mode) => right.resize(x, size, mode === 'area' ? 'nearest' : mode) })),
  },
  {
    name: 'trilinear resizing with align_corners = true', step: 'Q3', quick: true,
    backend: (b) => broken(b, (right) => ({
      resize: (x, size, mode) => (mode === 'trilinear' ? alignedResize(right, x, size) : right.resize(x, size, mode)),
    })),
  },
  {
    name: 'time counted among the tokens that choose the vocabulary', step: 'Q3', quick: true,
    ...replacing<typeof Vocabulary>('quantizer/vocabulary.ts', ({ vocabularyOf }) => ({
      vocabularyOf: (config, [t, h, w]) => vocabularyOf(config, [t, t * h, w]),
    })),
  },
  {
    name: 'zeros in time before the first frame', step: 'V1', quick: true,
    ...replacing<typeof CausalConv>('tokenizer/causal-conv.ts', ({ causalConv, causalConvStage }) => {
      const padless = (b: Backend): Backend => brokenOutside(b, (right) => ({
        slice: (x, axis, start, end) => {
          return right.affine(right.slice(x, axis, start, end), axis === 2 && start === 0 && end === 1 ? 0 : 1);
        },
      }));
      return {
        causalConv: (b, w, x, cache) => causalConv(padless(b), w, x, cache),
        causalConvStage: (name, w) => {
          const stage = causalConvStage(name, w);
          return { name, run: (b, x, cache) => stage.run(padless(b), x, cache) };
        },
      };
    }),
  },
  {
    name: 'norm over channels without √C', step: 'V2', quick: true,
    ...replacing<typeof ChannelNorm>('tokenizer/channel-norm.ts', ({ channelNorm }) => ({
      channelNorm: (b, gamma, x) => b.affine(channelNorm(b, gamma, x), 1 / Math.sqrt(gamma.shape[0])),
    })),
  },
  {
    name: 'channels grouped as (c, g) in the down shortcut', step: 'V4', quick: true,
    ...replacing<typeof DownBlock>('tokenizer/down-block.ts', ({ downBlock }) => ({
      downBlock: (b, ...rest) => downBlock(brokenOutside(b, (right) => ({
        sum: (x, axes) => (axes[0] === 1 ? groupedWrongly(right, x) : right.sum(x, axes)),
      })), ...rest),
    })),
  },
  {
    name: 'space-to-depth orders channels (c, ph, pw)', step: 'V4', quick: true,
    ...replacing<typeof DownBlock>('tokenizer/down-block.ts', ({ downBlock }) => ({
      downBlock: (b, ...rest) => downBlock(brokenOutside(b, (right) => ({
        permute: (x) => right.permute(x, [0, 1, 3, 5, 2, 4]),
      })), ...rest),
    })),
  },
  {
    name: 'first frame not kept apart when time is halved', step: 'V4', quick: true,
    ...replacing<typeof DownBlock>('tokenizer/down-block.ts', ({ downBlock }) => ({
      downBlock: (b, ...rest) => downBlock(brokenOutside(b, (right) => ({
        slice: (x, axis, start) => {
          const last = x.shape[axis] - 1;
          return start === 0 ? right.slice(x, axis, last, last + 1) : right.slice(x, axis, 0, last);
        },
        concat: (xs, axis) => right.concat([...xs].reverse(), axis),
      })), ...rest),
    })),
  },
  {
    name: 'depth-to-space swaps height and width', step: 'V5', quick: true,
    ...replacing<typeof UpBlock>('tokenizer/up-block.ts', ({ upBlock }) => ({
      upBlock: (b, ...rest) => upBlock(brokenOutside(b, (right) => ({
        permute: (x) => right.permute(x, [0, 4, 5, 1, 6, 3, 7, 2]),
      })), ...rest),
    })),
  },
  {
    name: 'first of the doubled frames kept instead of their mean', step: 'V5', quick: true,
    ...replacing<typeof UpBlock>('tokenizer/up-block.ts', ({ upBlock }) => ({
      upBlock: (b, ...rest) => upBlock(brokenOutside(b, (right) => ({
        sum: (x) => right.affine(right.slice(x, 2, 0, 1), x.shape[2]),
      })), ...rest),
    })),
  },
  {
    name: 'scale and shift of the conditioned norm swapped', step: 'V6',
    ...replacing<typeof ConditionedNorm>('tokenizer/conditioned-norm.ts', ({ conditionedNorm }) => ({
      conditionedNorm: (b, w, f, z) => conditionedNorm(b, swapped(w, 'conv_y', 'conv_b'), f, z),
    })),
  },
  {
    name: 'the last chunk takes the remainder of the frames', step: 'V8',
    ...replacing<typeof Chunks>('tokenizer/chunks.ts', ({ decodeChunks }) => ({
      decodeChunks: (latents) => {
        const spans = decodeChunks(latents);
        const lengths = spans.map(({ start, end }) => end - start).reverse();
        return lengths.map((length, i) => {
          const start = lengths.slice(0, i).reduce((sum, n) => sum + n, 0);
          return { start, end: start + length };
        });
      },
    })),
  },
  {
    name: 'patchify orders channels (ph, pw, c)', step: 'V9', quick: true,
    ...replacing<typeof Patchify>('tokenizer/patchify.ts', ({ patchify }) => ({
      patchify: (b, x) => {
        const [B, C, T, H, W] = patchify(b, x).shape as [number, number, number, number, number];
        const split = b.reshape(patchify(b, x), [B, C / 4, 4, T * H * W]);
        return b.reshape(b.permute(split, [0, 2, 1, 3]), [B, C, T, H, W]);
      },
    })),
  },
  {
    name: 'no norm on queries and keys', step: 'T4', quick: true,
    backend: (b) => broken(b, (right, stage) => ({
      rmsNorm: (x, weight, epsilon) => {
        return stage === 'attention' && x.shape.length === 4 ? right.affine(x, 1) : right.rmsNorm(x, weight, epsilon);
      },
    })),
  },
  {
    name: 'gate and up swapped', step: 'T3', quick: true,
    ...replacing<typeof GatedMlp>('transformer/gated-mlp.ts', ({ gatedMlp }) => ({
      gatedMlp: (b, x, w) => gatedMlp(b, x, swapped(w, 'gate_proj', 'up_proj')),
    })),
  },
  {
    name: 'keys and values kept at the first repetition', step: 'T5',
    ...replacing<typeof Repetition>('pyramid/repetition.ts', ({ expandSteps }) => ({
      expandSteps: (schedule, repetition) => {
        return expandSteps(schedule, repetition).map((step) => ({ ...step, last: step.repeat === 0 }));
      },
    })),
  },
  {
    name: 'semantic and detail heads swapped', step: 'T6', quick: true,
    ...replacing<typeof Heads>('transformer/heads.ts', ({ logits }) => ({
      logits: (b, model, hidden, head) => logits(b, model, hidden, head === 'semantic' ? 'detail' : 'semantic'),
    })),
  },
  {
    name: 'a scale does not see its text in training', step: 'T7', quick: true,
    ...replacing<typeof Mask>('transformer/mask.ts', ({ visibleSegments }) => ({
      visibleSegments: (references) => {
        const scales = references.reduce((sum, sample) => sum + sample.length, 0);
        return visibleSegments(references).map((row, query) => {
          return row.map((seen, key) => seen && (key < scales || query === key));
        });
      },
    })),
  },
  {
    name: 'null text and prompt change places', step: 'S1', quick: true,
    ...replacing<typeof TextPrefix>('transformer/text-prefix.ts', ({ guidedPrefix }) => ({
      guidedPrefix: async (b, ...rest) => {
        const rows = await guidedPrefix(b, ...rest); // (2, L, C)
        return b.concat([b.slice(rows, 0, 1, 2), b.slice(rows, 0, 0, 1)], 0);
      },
    })),
  },
  {
    name: 'guidance with swapped rows', step: 'S4',
    ...replacing<typeof Guidance>('sampler/guidance.ts', ({ guide }) => ({
      guide: (logits, ...rest) => guide(logits.shape[0] === 2 ? swapRows(logits) : logits, ...rest),
    })),
  },
  {
    name: 'APG threshold without 1/√n', step: 'S4', quick: true,
    ...replacing<typeof Guidance>('sampler/guidance.ts', ({ projectedGuidance }) => ({
      projectedGuidance: (cond, uncond, scale, { threshold, eta }) => {
        return projectedGuidance(cond, uncond, scale, { threshold: threshold / Math.sqrt(cond.length), eta });
      },
    })),
  },
  {
    name: 'temperature inverted', step: 'S4',
    ...replacing<typeof Guidance>('sampler/guidance.ts', ({ guide }) => ({ guide: (logits, tau, ...rest) => guide(logits, 1 / tau, ...rest) })),
  },
  {
    name: 'uniforms in column order: bit before token', step: 'S5',
    ...replacing<typeof Draw>('sampler/draw.ts', ({ drawBits }) => ({
      drawBits: (logits, uniforms) => {
        const width = uniforms.length % 64 === 0 ? 64 : 16;
        const tokens = uniforms.length / width;
        return drawBits(logits, range(uniforms.length).map((i) => uniforms[(i % width) * tokens + Math.floor(i / width)]));
      },
    })),
  },
  {
    name: 'bytes rounded, not truncated', step: 'S10', quick: true,
    ...replacing<typeof Frames>('sampler/frames.ts', ({ toBytes }) => ({
      toBytes: (video, options) => toBytes(hostTensor(rowMajor(video).map((x) => x + 1 / 255), video.shape), options),
    })),
  },
  {
    name: 'frame 0 not overwritten by frame 1', step: 'S10', quick: true,
    ...replacing<typeof Frames>('sampler/frames.ts', ({ toBytes }) => ({
      toBytes: (video, options) => toBytes(video, { ...options, smooth: false }),
    })),
  },
  {
    name: 'former clip at the scale positions of its size', step: 'S11',
    ...replacing<typeof Interact>('sampler/interact.ts', ({ formerClipConditions, decodeNextClip, sampleNextClip }) => ({
      decodeNextClip, formerClipConditions,
      sampleNextClip: (b, model, ...rest) => {
        const shifted = { ...model, config: { ...model.config } };
        return sampleNextClip(shiftedRope(b), shifted, ...rest);
      },
    })),
  },
  {
    name: 'last scale noised', step: 'L1',
    ...replacing<typeof ResidualEncode>('quantizer/residual-encode.ts', ({ residualEncode }) => ({
      residualEncode: async (b, quantizer, schedule, ...rest) => {
        const encoding = await residualEncode(b, quantizer, schedule, ...rest);
        if (rest[2]?.corrupt === undefined) return encoding;
        const noised = (step: ResidualEncode.EncodedStep): ResidualEncode.EncodedStep => {
          const flipped = rowMajor(step.bits).map((bit, i) => (i % 10 === 0 ? 1 - bit : bit));
          return { ...step, corrupted: hostTensor(flipped, step.bits.shape) };
        };
        const last = schedule.scales.length - 1;
        return { ...encoding, steps: encoding.steps.map((step) => (step.si === last ? noised(step) : step)) };
      },
    })),
  },
  {
    name: 'bits flip where the uniform is above the strength', step: 'L1', quick: true,
    ...replacing<typeof SelfCorrection>('quantizer/self-correction.ts', ({ flipBits }) => ({
      flipBits: (bits, uniforms, strength) => {
        return flipBits(bits, hostTensor(rowMajor(uniforms).map((u) => 1 - u), uniforms.shape), strength);
      },
    })),
  },
];

/** The sum over (g, c) taken as (c, g): (B, g, c, n) → (B, 1, c, n). */
function groupedWrongly(b: Backend, x: Tensor): Tensor {
  const [B, g, c, n] = x.shape as [number, number, number, number];
  return b.reshape(b.sum(b.reshape(x, [B, c, g, n]), [2]), [B, 1, c, n]);
}

/** Conditions get the rotary tables of an earlier position. */
function shiftedRope(b: Backend): Backend {
  return broken(b, (right, stage) => ({
    upload: (values) => {
      const x = widened(values);
      const isTable = (stage === 'semantic' || stage === 'detail') && x.shape.length === 3 && x.shape[0] === 2;
      return right.upload(isTable ? hostTensor(rowMajor(x).map((value, i) => (i % 2 === 0 ? -value : value)), x.shape) : x);
    },
  }));
}
