/** The cache of prompt features: hits, keys, damage, concurrent writers. */

import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HostTensor } from '../../src/array/host.ts';
import { hostTensor } from '../../src/array/host.ts';
import { FileError } from '../../src/errors.ts';
import { FeatureCache, hashFiles } from '../../src/text/feature-cache.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'features-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const features = hostTensor(Float32Array.of(1, 2.5, -3, 0, NaN, 1e-40), [3, 2]);
const compute = async (): Promise<HostTensor> => features;
const never = async (): Promise<HostTensor> => {
  throw new Error('computed again');
};

describe('FeatureCache', () => {
  it('computes a prompt once, also for a later cache at the same place', async () => {
    expect(await new FeatureCache(join(root, 'new/folder'), 'e').features('a fox', compute)).toBe(features);
    const again = await new FeatureCache(join(root, 'new/folder'), 'e').features('a fox', never);
    expect(again.shape).toEqual([3, 2]);
    expect(again.data).toEqual(features.data);
  });

  it('tells prompts and encoders apart', async () => {
    await new FeatureCache(root, 'e').features('a fox', compute);
    for (const [encoder, prompt] of [['e', 'a fox '], ['f', 'a fox'], ['ea', ' fox']] as const) {
      await expect(new FeatureCache(root, encoder).features(prompt, never)).rejects.toThrow('computed again');
    }
  });

  it('ignores a damaged entry and writes it anew', async () => {
    const cache = new FeatureCache(root, 'e');
    await cache.features('a fox', compute);
    const file = join(root, readdirSync(root)[0]);
    const whole = readFileSync(file);
    const flipped = Uint8Array.from(whole);
    flipped[flipped.length - 3] ^= 1;
    const cut = (length: number) => () => truncateSync(file, length);
    for (const damage of [() => writeFileSync(file, flipped), cut(whole.length - 4), cut(0)]) {
      damage();
      expect(await cache.features('a fox', compute)).toBe(features);
      expect(readFileSync(file)).toEqual(whole);
    }
  });

  it('leaves only whole entries behind concurrent writers', async () => {
    const cache = new FeatureCache(root, 'e');
    await Promise.all(Array.from({ length: 8 }, () => cache.features('a fox', compute)));
    expect(readdirSync(root).length).toBe(1);
    expect((await cache.features('a fox', never)).data).toEqual(features.data);
  });

  it('keeps nothing when computing fails, and says where it cannot write', async () => {
    await expect(new FeatureCache(root, 'e').features('a', never)).rejects.toThrow('computed again');
    expect(readdirSync(root)).toEqual([]);
    writeFileSync(join(root, 'file'), '');
    await expect(new FeatureCache(join(root, 'file'), 'e').features('a', compute)).rejects.toThrow(FileError);
  });
});

describe('hashFiles', () => {
  it('depends on names, contents and order', async () => {
    const [a, b] = [join(root, 'a'), join(root, 'b')];
    writeFileSync(a, 'one');
    writeFileSync(b, 'two');
    const hash = await hashFiles([a, b]);
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(await hashFiles([a, b])).toBe(hash);
    expect(await hashFiles([b, a])).not.toBe(hash);
    writeFileSync(b, 'twO');
    expect(await hashFiles([a, b])).not.toBe(hash);
    await expect(hashFiles([join(root, 'c')])).rejects.toThrow(FileError);
  });
});
