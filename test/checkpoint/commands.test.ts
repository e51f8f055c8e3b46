/** The commands on checkpoints: what they print, and one line and a code other than 0 for what is wrong. */

import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runHere } from '../cli/run.ts';

const root = join(import.meta.dirname, '../..');
const golden = join(root, 'fixtures/golden/checkpoint');
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'commands-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe('inspect', () => {
  it('lists tensors in words and as JSON', async () => {
    const file = join(golden, 'torch-trainer/model.pt');
    const { code, stdout: out } = await runHere('inspect', file);
    expect(code).toBe(0);
    expect(out).toContain('torch zip, 10 tensors');
    expect(out).toMatch(/trainer\.gpt_fsdp\.block_chunks\.0\.module\.1\.attn\.qkv\.weight +bfloat16 +\[6, 4\] +48 B/);
    expect(out).toContain('epoch = 3');
    const json = JSON.parse((await runHere('inspect', '--json', file)).stdout) as { tensors: unknown[] };
    expect(json.tensors[0]).toEqual({
      path: 'trainer.gpt_fsdp.block_chunks.0.module.0.attn.qkv.weight', dtype: 'float32', shape: [6, 4], bytes: 96,
    });
  });

  it('says in one line what is wrong', async () => {
    const { code, stdout, stderr } = await runHere('inspect', join(golden, 'hostile-pickle-code/run-eval.pt'));
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^error: .*run-eval\.pt: is refused: .*'builtins\.eval'.*\n$/);
  });
});

describe('convert', () => {
  it('refuses what does not fit and makes no folder', async () => {
    const model = join(root, 'fixtures/models/toy');
    const files = ['tokenizer', 'transformer'].map((part) => join(model, `${part}.safetensors`));
    const { code, stderr } = await runHere('convert', ...files, '--preset', '480p', '--out', join(folder, 'model'));
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: weights: expected the sizes of the preset .*depth 5 \(preset: 36\).*\n$/);
    expect(await readdir(folder)).toEqual([]);
  });
});
