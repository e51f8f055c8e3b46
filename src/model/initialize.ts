/**
 * Weights of a new, untrained model, drawn from a seed: the same on every machine.
 *
 *   tokenizer     convolutions and projections uniform in ±1/√fan_in (PyTorch's default), norms 1, scales 1
 *   transformer   matrices normal with deviation 0.02, biases 0, norms 1 (models/infinity.py:special_init);
 *                 null text normal with deviation 1.2/√channels, cut off at ±2 before the division
 *   text encoder  matrices normal with deviation 1/√fan_in, embeddings normal with deviation 1, norms 1
 */

import type { HostTensor, Shape } from '../array/host.ts';
import { hostTensor, sizeOf } from '../array/host.ts';
import { normal } from '../sampler/normals.ts';
import { seededUniforms } from '../sampler/uniforms.ts';

type Draw = () => number;

/** @param shapes as `tokenizerShapes` gives them. */
export function initializeTokenizer(shapes: ReadonlyMap<string, Shape>, seed: number): Map<string, HostTensor> {
  const uniform = uniformDraw(seed);
  return fill(shapes, (key, shape) => {
    if (key.endsWith('.gamma') || key === 'scale_learnable_parameters') return () => 1;
    const weight = shapes.get(key.replace(/bias$/, 'weight')) ?? shape; // a bias is drawn like its weight
    const bound = 1 / Math.sqrt(fanIn(weight));
    return () => (2 * uniform() - 1) * bound;
  });
}

/** @param shapes as `transformerShapes` gives them. */
export function initializeTransformer(shapes: ReadonlyMap<string, Shape>, seed: number): Map<string, HostTensor> {
  const normal = normalDraw(seed);
  return fill(shapes, (key, shape) => {
    if (key === 'cfg_uncond') return () => (1.2 * truncated(normal, 2 / 1.2)) / Math.sqrt(shape[1]);
    if (key.endsWith('norm.weight') || key === 'norm_hidden_sates.weight') return () => 1;
    if (key.endsWith('.bias')) return () => 0;
    return () => 0.02 * normal();
  });
}

/** @param shapes as `t5Shapes` gives them. */
export function initializeTextEncoder(shapes: ReadonlyMap<string, Shape>, seed: number): Map<string, HostTensor> {
  const normal = normalDraw(seed);
  return fill(shapes, (key, shape) => {
    if (shape.length === 1) return () => 1; // layer norms
    if (key === 'shared.weight' || key.endsWith('relative_attention_bias.weight')) return normal;
    const deviation = 1 / Math.sqrt(fanIn(shape));
    return () => deviation * normal();
  });
}

function fill(shapes: ReadonlyMap<string, Shape>, drawFor: (key: string, shape: Shape) => Draw): Map<string, HostTensor> {
  const weights = new Map<string, HostTensor>();
  for (const [key, shape] of shapes) {
    const draw = drawFor(key, shape);
    weights.set(key, hostTensor(Float32Array.from({ length: sizeOf(shape) }, draw), shape));
  }
  return weights;
}

/** Inputs that one output of a (out, in, …) weight sums over. */
function fanIn(shape: Shape): number {
  return sizeOf(shape.slice(1));
}

function uniformDraw(seed: number): Draw {
  const uniforms = seededUniforms(seed);
  return () => uniforms.next(1)[0];
}

function normalDraw(seed: number): Draw {
  const uniforms = seededUniforms(seed);
  return () => normal(uniforms);
}

function truncated(draw: Draw, bound: number): number {
  for (;;) {
    const value = draw();
    if (Math.abs(value) <= bound) return value;
  }
}
