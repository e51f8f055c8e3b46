/** Every golden case of the tokenizer, computed by the official code. */

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { referenceBackend } from '../../reference/backend.ts';
import type { Kind } from '../../src/conform/case.ts';
import { findCases, loadCase } from '../../src/conform/load.ts';
import { runCase } from '../../src/conform/run.ts';
import { causalConv3d } from '../../src/conform/kinds/causal_conv3d.ts';
import { channelRmsNorm } from '../../src/conform/kinds/channel_rms_norm.ts';
import { downBlockKind } from '../../src/conform/kinds/down_block.ts';
import { patchifyKind } from '../../src/conform/kinds/patchify.ts';
import { resnetBlock } from '../../src/conform/kinds/resnet_block.ts';
import { upBlockKind } from '../../src/conform/kinds/up_block.ts';
import { vaeDecode } from '../../src/conform/kinds/vae_decode.ts';
import { vaeEncode } from '../../src/conform/kinds/vae_encode.ts';

const GOLDEN = join(import.meta.dirname, '../../fixtures/golden');

const layers = [causalConv3d, channelRmsNorm, patchifyKind, downBlockKind, upBlockKind, resnetBlock];
const kinds = new Map<string, Kind>([...layers, vaeEncode, vaeDecode].map((kind) => [kind.kind, kind]));

const cases = ['ops', 'vae']
  .flatMap((group) => findCases(join(GOLDEN, group)))
  .map((directory) => loadCase(directory))
  .filter((c) => kinds.has(c.kind));

describe('golden cases of the tokenizer', () => {
  it('has cases of every kind', () => {
    expect(new Set(cases.map((c) => c.kind))).toEqual(new Set(kinds.keys()));
  });

  it.each(cases.map((c) => [c.id, c] as const))('%s', async (_id, c) => {
    const report = await runCase(c, kinds.get(c.kind)!, referenceBackend());
    expect(report.divergence).toBeUndefined();
    expect(report.status).toBe('passed');
    expect(report.outputs.map((output) => output.name).sort()).toEqual(c.outputs.map((output) => output.name).sort());
  });
});
