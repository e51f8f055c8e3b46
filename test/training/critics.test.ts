/** Perceptual and adversarial terms of the tokenizer's training: values by hand, gradients against finite differences. */

import { describe, expect, it } from 'vitest';
import { referenceBackend } from '../../reference/backend.ts';
import { hostTensor, rowMajor, sizeOf } from '../../src/array/host.ts';
import type { HostTensor } from '../../src/array/host.ts';
import { differentiate } from '../../src/autograd/differentiate.ts';
import type { Backend, Tensor } from '../../src/backend/backend.ts';
import { residentWeights } from '../../src/backend/weights.ts';
import { makeBackend } from '../../src/backends.ts';
import { WeightError } from '../../src/errors.ts';
import { readModelConfig } from '../../src/model/directory.ts';
import { toyWorld } from '../../src/toyworld/dataset.ts';
import { readTokenizerRecipe } from '../../src/training/run/read-recipe.ts';
import { tokenizerTask } from '../../src/training/run/tokenizer-task.ts';
import { initializeTokenizer } from '../../src/model/initialize.ts';
import { featureLoss, groupsOf } from '../../src/training/critics/feature-loss.ts';
import { adversarialLoss, discriminate, discriminatorLoss, discriminatorShapes } from '../../src/training/critics/patch-discriminator.ts';
import { random } from '../backend/arrays.ts';

const network = new Map<string, HostTensor>([
  ['features.0.weight', random([4, 3, 3, 3], 1)], ['features.0.bias', random([4], 2)],
  ['features.2.weight', random([4, 4, 3, 3], 3)], ['features.2.bias', random([4], 4)],
  ['features.5.weight', random([6, 4, 3, 3], 5)], ['features.5.bias', random([6], 6)],
  ['lin1.model.1.weight', hostTensor(Float32Array.from([1, 2, 0, 1, 3, 1]), [1, 6, 1, 1])],
]);

type Loss = (b: Backend, xs: readonly Tensor[]) => Promise<Tensor> | Tensor;

/** Along a random direction of every input: the gradient's and the finite difference. */
async function expectGradient(inputs: readonly HostTensor[], loss: Loss): Promise<void> {
  const b = referenceBackend();
  const value = (xs: readonly HostTensor[]): Promise<number> => b.scope('value', async (s) => {
    return (await s.read(await loss(s, xs.map((x) => s.upload(x))))).data[0];
  });
  const tensors = inputs.map((x) => b.upload(x));
  const gradients = await differentiate(b, tensors, async (s) => loss(s, tensors));
  for (const [i, input] of inputs.entries()) {
    const direction = random(input.shape, 90 + i);
    const moved = (step: number): HostTensor[] => inputs.map((x, j) => {
      return i === j ? hostTensor(rowMajor(x).map((v, n) => v + step * direction.data[n]), x.shape) : x;
    });
    const step = 3e-4;
    const slope = ((await value(moved(step))) - (await value(moved(-step)))) / (2 * step);
    const got = rowMajor(await b.read(gradients.get(tensors[i])!)).reduce((sum, g, n) => sum + g * direction.data[n], 0);
    expect(Math.abs(got - slope)).toBeLessThan(0.03 * Math.abs(slope) + 2e-3);
  }
}

describe('the feature loss', () => {
  it('is 0 for the same video, grows with the difference, and has the right gradient', async () => {
    const b = referenceBackend();
    const x = random([1, 3, 2, 4, 4], 7);
    const noise = random([1, 3, 2, 4, 4], 8);
    const at = async (share: number): Promise<number> => {
      const y = hostTensor(x.data.map((v, i) => v + share * noise.data[i]), x.shape);
      return (await b.read(featureLoss(b, network, b.upload(x), b.upload(y)))).data[0];
    };
    const [none, little, much] = [await at(0), await at(0.1), await at(0.4)];
    expect(none).toBe(0);
    expect(little).toBeGreaterThan(0);
    expect(much).toBeGreaterThan(little);
    const y = hostTensor(x.data.map((v, i) => v + 0.5 * noise.data[i]), x.shape);
    await expectGradient([y], (s, [made]) => featureLoss(s, network, s.upload(x), made));
  });

  it('finds the groups of a VGG by its numbers', () => {
    const keys = [0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28].map((n) => [`features.${n}.weight`, random([1], 1)] as const);
    expect(groupsOf(new Map(keys))).toEqual([[0, 2], [5, 7], [10, 12, 14], [17, 19, 21], [24, 26, 28]]);
    expect(() => groupsOf(new Map())).toThrow(WeightError);
  });
});

describe('the patch discriminator', () => {
  const weights = initializeTokenizer(discriminatorShapes([6, 5]), 3);

  it('judges patches of frames, each by what is near it', async () => {
    const b = referenceBackend();
    const x = random([1, 3, 2, 16, 16], 1);
    const store = residentWeights(b, weights);
    const judged = async (video: HostTensor): Promise<HostTensor> => b.read(await discriminate(b, store, b.upload(video)));
    const before = await judged(x);
    expect(before.shape).toEqual([1, 1, 2, 4, 4]);
    const changed = hostTensor(x.data.slice(), x.shape);
    changed.set(0, 0, 1, 0, 0, 5);
    const after = await judged(changed);
    expect(after.get(0, 0, 1, 0, 0)).not.toBe(before.get(0, 0, 1, 0, 0));
    expect(after.get(0, 0, 0, 0, 0)).toBe(before.get(0, 0, 0, 0, 0));
    expect(after.get(0, 0, 1, 3, 3)).toBe(before.get(0, 0, 1, 3, 3));
  });

  it('has hinge losses, and their gradients', async () => {
    const b = referenceBackend();
    const [real, made] = [random([1, 3, 1, 8, 8], 1), random([1, 3, 1, 8, 8], 2)];
    const store = residentWeights(b, weights);
    const judge = async (x: HostTensor): Promise<Float32Array> => {
      return rowMajor(await b.read(await discriminate(b, store, b.upload(x))));
    };
    const [ofReal, ofMade] = [await judge(real), await judge(made)];
    const mean = (xs: Float32Array, f: (x: number) => number): number => xs.reduce((sum, x) => sum + f(x), 0) / xs.length;
    const expected = 0.5 * mean(ofReal, (x) => Math.max(0, 1 - x)) + 0.5 * mean(ofMade, (x) => Math.max(0, 1 + x));
    expect((await b.read(await discriminatorLoss(b, store, real, made))).data[0]).toBeCloseTo(expected, 5);
    const adversarial = (await b.read(await adversarialLoss(b, store, b.upload(made)))).data[0];
    expect(adversarial).toBeCloseTo(-mean(ofMade, (x) => x), 5);
    const keys = [...weights.keys()];
    const storeOf = (xs: readonly Tensor[]) => {
      const tensors = new Map(keys.map((key, i) => [key, xs[i]]));
      const plain = residentWeights(b, weights);
      return { ...plain, load: async (s: Backend, prefix: string) => {
        const own = await plain.load(s, prefix);
        return { has: (key: string) => own.has(key), at: (key: string) => own.at(key), get: (key: string) => tensors.get(`${prefix}.${key}`)! };
      } };
    };
    await expectGradient([...weights.values()], (s, xs) => discriminatorLoss(s, storeOf(xs), real, made));
    await expectGradient([made], (s, [x]) => adversarialLoss(s, residentWeights(s, weights), x));
    expect(sizeOf(made.shape)).toBe(192);
  });
});

describe('in a run', () => {
  it('both learn beside the tokenizer, and the discriminator stays out of the weights that are made', async () => {
    const b = await makeBackend('wasm', { threads: 1 });
    const toy = await readModelConfig('fixtures/models/toy');
    const recipe = await readTokenizerRecipe('toy-tokenizer');
    const [stage] = recipe.stages;
    const critics = { feature_weight: 0.1, adversarial_weight: 0.1, discriminator_widths: [4, 4] };
    const world = toyWorld({ seed: 1 });
    const options = { backend: b, config: toy, data: world, heldOut: world, seed: 1, featureNetwork: network };
    const task = tokenizerTask({ ...options, recipe: { ...recipe, stages: [{ ...stage, pictures: 2 }], critics } });
    const weights = task.initial();
    expect([...weights.keys()].filter((key) => key.startsWith('discriminator.'))).toHaveLength(6);
    const { gradients, metrics } = await task.gradients(0, weights);
    expect([...gradients.keys()].sort()).toEqual([...weights.keys()].sort());
    expect(metrics['discriminator']).toBeGreaterThan(0);
    for (const key of ['discriminator.out.weight', 'decoder.conv_out.conv.weight']) {
      expect(rowMajor(gradients.get(key)!).some((g) => g !== 0)).toBe(true);
    }
    const plain = tokenizerTask({ ...options, recipe: { ...recipe, stages: [{ ...stage, pictures: 2 }] } });
    const without = await plain.gradients(0, plain.initial());
    expect(rowMajor(without.gradients.get('decoder.conv_out.conv.bias')!)).not.toEqual(rowMajor(gradients.get('decoder.conv_out.conv.bias')!));
    expect([...task.whole!(weights).keys()]).toEqual([...plain.initial().keys()]);
    const many = { ...critics, discriminator_widths: [4, 4, 4, 4, 4, 4] };
    expect(() => tokenizerTask({ ...options, recipe: { ...recipe, critics: many } })).toThrow(/discriminator_widths/);
    const bare = { backend: b, config: toy, data: world, heldOut: world, seed: 1 };
    expect(() => tokenizerTask({ ...bare, recipe: { ...recipe, critics } })).toThrow(/feature network/);
    await b.close();
  });
});
