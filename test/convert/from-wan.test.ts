/** Inheriting a tokenizer from the keys of the Wan 2.1 VAE: which weights come over, and what they compute. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { referenceBackend } from '../../reference/backend.ts';
import type { HostTensor, Shape } from '../../src/array/host.ts';
import { hostTensor, rowMajor, sizeOf } from '../../src/array/host.ts';
import { inheritFromWan, readWanVae } from '../../src/convert/from-wan.ts';
import { FileError } from '../../src/errors.ts';
import { writeFileAtomic } from '../../src/io/atomic.ts';
import { safetensorsChunks } from '../../src/io/write-safetensors.ts';
import { tokenizerShapes } from '../../src/tokenizer/shapes.ts';
import { random } from '../backend/arrays.ts';
import { runHere } from '../cli/run.ts';

const Z = 2;

/** The keys and shapes of WanVAE_(dim, z_dim = Z, dim_mult = [1, 2, 4, 4], 2 blocks a level). */
function wanShapes(dim: number): Map<string, Shape> {
  const shapes = new Map<string, Shape>();
  const conv = (key: string, out: number, input: number, ...kernel: number[]): void => {
    shapes.set(`${key}.weight`, [out, input, ...kernel]).set(`${key}.bias`, [out]);
  };
  const block = (key: string, input: number, out: number): void => {
    shapes.set(`${key}.residual.0.gamma`, [input, 1, 1, 1]).set(`${key}.residual.3.gamma`, [out, 1, 1, 1]);
    conv(`${key}.residual.2`, out, input, 3, 3, 3);
    conv(`${key}.residual.6`, out, out, 3, 3, 3);
    if (input !== out) conv(`${key}.shortcut`, out, input, 1, 1, 1);
  };
  const side = (name: string, first: number, widths: number[], blocks: number, last: number): void => {
    conv(`${name}.conv1`, name === 'encoder' ? dim : first, name === 'encoder' ? 3 : Z, 3, 3, 3);
    let [i, input] = [0, first];
    const list = name === 'encoder' ? 'downsamples' : 'upsamples';
    for (const [level, width] of widths.entries()) {
      for (let j = 0; j < blocks; j++, i++) {
        block(`${name}.${list}.${i}`, input, width);
        input = width;
      }
      if (level === widths.length - 1) break;
      const half = name === 'encoder' ? width : width / 2;
      conv(`${name}.${list}.${i}.resample.1`, half, width, 3, 3);
      if (level > 0) conv(`${name}.${list}.${i}.time_conv`, width, width, 3, 1, 1);
      input = half;
      i++;
    }
    const middle = name === 'encoder' ? widths.at(-1)! : first;
    block(`${name}.middle.0`, middle, middle);
    shapes.set(`${name}.middle.1.norm.gamma`, [middle, 1, 1]);
    conv(`${name}.middle.1.to_qkv`, 3 * middle, middle, 1, 1);
    conv(`${name}.middle.1.proj`, middle, middle, 1, 1);
    block(`${name}.middle.2`, middle, middle);
    shapes.set(`${name}.head.0.gamma`, [widths.at(-1)!, 1, 1, 1]);
    conv(`${name}.head.2`, last, widths.at(-1)!, 3, 3, 3);
  };
  side('encoder', dim, [dim, 2 * dim, 4 * dim, 4 * dim], 2, 2 * Z);
  conv('conv1', 2 * Z, 2 * Z, 1, 1, 1);
  conv('conv2', Z, Z, 1, 1, 1);
  side('decoder', 4 * dim, [4 * dim, 4 * dim, 2 * dim, dim], 3, 3);
  return shapes;
}

const config = {
  in_channels: 3, out_channels: 3, latent_channels: Z, block_out_channels: [4, 8, 16, 16, 16], layers_per_block: 2,
  spatial_compression_list: [2, 2, 2], temporal_compression_list: [2, 2],
};

let folder = '';
let wan: Map<string, HostTensor>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wan-'));
  wan = new Map([...wanShapes(4)].map(([key, shape], i) => [key, random(shape, i)]));
});
afterAll(() => rm(folder, { recursive: true }));

async function write(name: string, values: ReadonlyMap<string, HostTensor>): Promise<string> {
  const items = [...values].map(([key, value]) => ({ key, shape: value.shape, dtype: 'F32' as const, values: () => value }));
  await writeFileAtomic(join(folder, name), safetensorsChunks(items));
  return join(folder, name);
}

describe('a Wan VAE', () => {
  it('gives what has a place here; the rest begins as doing nothing', () => {
    const { weights, inherited, unused } = inheritFromWan(wan, config);
    expect(new Map([...weights].map(([key, { shape }]) => [key, [...shape]]))).toEqual(tokenizerShapes(config));
    const same = (ours: string, theirs: string): void => expect(rowMajor(weights.get(ours)!)).toEqual(rowMajor(wan.get(theirs)!));
    same('encoder.conv_in.conv.weight', 'encoder.conv1.weight');
    same('encoder.down_blocks.0.resnets.1.conv1.conv.weight', 'encoder.downsamples.1.residual.2.weight');
    same('encoder.down_blocks.1.resnets.1.norm2.gamma', 'encoder.downsamples.4.residual.3.gamma');
    same('encoder.mid_block.resnets.1.conv2.conv.bias', 'encoder.middle.2.residual.6.bias');
    same('decoder.up_blocks.0.resnets.2.conv1.conv.weight', 'decoder.upsamples.2.residual.2.weight');
    same('decoder.up_blocks.3.resnets.0.norm1.norm_layer.gamma', 'decoder.upsamples.8.residual.0.gamma');
    same('decoder.conv_out.conv.weight', 'decoder.head.2.weight');
    const others = /resample|time_conv|shortcut|middle\.1|downsamples\.\d\.residual|upsamples/;
    expect(unused.filter((key) => !others.test(key))).toEqual([]);
    expect(unused.some((key) => key.includes('to_qkv'))).toBe(true);
    expect(inherited.length).toBeGreaterThan(60);
    expect(rowMajor(weights.get('encoder.down_blocks.1.resnets.0.conv2.conv.weight')!).every((x) => x === 0)).toBe(true);
    expect(rowMajor(weights.get('decoder.mid_block.resnets.0.norm1.conv_y.conv.bias')!).every((x) => x === 1)).toBe(true);
    expect(weights.get('proj_up.weight')!.get(3, 3)).toBe(1);
  });

  it('multiplies the convolutions around the latent into those beside them', async () => {
    const b = referenceBackend();
    const { weights } = inheritFromWan(wan, config);
    const run = async (x: HostTensor, ...keys: (readonly [ReadonlyMap<string, HostTensor>, string])[]): Promise<HostTensor> => {
      return b.read(keys.reduce((y, [values, key]) => b.conv3d(y, b.upload(values.get(`${key}.weight`)!), b.upload(values.get(`${key}.bias`)!)), b.upload(x)));
    };
    // Away from borders.
    const inner = (y: HostTensor): number[] => Array.from({ length: y.shape[1] }, (_, c) => y.get(0, c, 0, 2, 2));
    const x = random([1, 16, 3, 5, 5], 1);
    const [one, two] = [await run(x, [weights, 'encoder.conv_out.conv']), await run(x, [wan, 'encoder.head.2'], [wan, 'conv1'])];
    inner(one).forEach((value, i) => expect(value).toBeCloseTo(inner(two)[i], 3));
    const z = random([1, Z, 3, 5, 5], 2);
    const [three, four] = [await run(z, [weights, 'decoder.conv_in.conv']), await run(z, [wan, 'conv2'], [wan, 'decoder.conv1'])];
    inner(three).forEach((value, i) => expect(value).toBeCloseTo(inner(four)[i], 3));
  });

  it('is read from files, and other files are refused', async () => {
    const path = await write('wan.safetensors', wan);
    expect((await readWanVae(path)).size).toBe(wan.size);
    const other = await write('other.safetensors', new Map([['a', hostTensor(new Float32Array(2), [2])]]));
    await expect(readWanVae(other)).rejects.toThrow(FileError);
    const out = join(folder, 'start.safetensors');
    const { code, stderr, stdout } = await runHere('convert', path, '--from', 'wan', '--preset', 'fixtures/models/toy', '--out', out);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/inherited \d+ of \d+ weights/);
    expect(sizeOf([...wan.values()][0].shape)).toBeGreaterThan(0);
  });
});
