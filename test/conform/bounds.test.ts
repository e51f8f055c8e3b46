/** A case is data from anywhere: what it asks for is bounded, and what does not fit its kind is one line. */

import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { referenceBackend } from '../../reference/backend.ts';
import { kinds } from '../../src/conform/kinds/index.ts';
import { loadCase } from '../../src/conform/load.ts';
import { runCase } from '../../src/conform/run.ts';
import { InfinityStarError } from '../../src/errors.ts';

const golden = join(import.meta.dirname, '../../fixtures/golden');

type Json = Record<string, unknown>;

async function noteOf(id: string, change: (config: Json) => void): Promise<string> {
  const folder = join(mkdtempSync(join(tmpdir(), 'bounds-')), id);
  cpSync(join(golden, id), folder, { recursive: true });
  const file = join(folder, 'case.json');
  const description = JSON.parse(readFileSync(file, 'utf8')) as Json & { config: Json };
  change(description.config);
  writeFileSync(file, JSON.stringify(description));
  try {
    const c = loadCase(folder);
    return (await runCase(c, kinds.get(c.kind)!, referenceBackend())).note ?? 'ran';
  } catch (error) {
    if (!(error instanceof InfinityStarError)) throw error;
    return error.message;
  }
}

const items = (config: Json) => config['items'] as Json[];

it.each<[string, string, (config: Json) => void, RegExp]>([
  ['a size of 100,000', 'ops/interpolate-area', (c) => { items(c)[4]['size'] = [100_000, 5, 7]; }, /numbers of at most 65536, got 100000/],
  ['a size of 60,000', 'ops/interpolate-area', (c) => { items(c)[4]['size'] = [60_000, 5, 7]; }, /y4: expected shape \[1, 3, 1, 5, 7\]/],
  ['a picture of 60,000²', 'sampler/transform-image-same-ratio', (c) => { c['target_height'] = c['target_width'] = 60_000; }, /expected shape/],
  ['a table of 60,000 rows', 'rope/tables-small', (c) => { c['head_dim'] = 4096; c['max_scales'] = 60_000; }, /at most 8388608 values/],
  ['a billion buckets', 'text/t5-buckets', (c) => { c['to'] = 1e9; }, /numbers of at most 65536/],
  ['a schedule of 1e12 cells', 'rope/visual-tiny', (c) => { c['schedule'] = [[10_000, 10_000, 10_000]]; }, /at most 4194304 cells/],
  ['a long video', 'schedules/table-infinity-elegant-clip20frames-v2-161', (c) => { c['video_frames'] = 64_001; }, /from 1 to 1000/],
  ['repetitions without end', 'msrq/image', (c) => { (c['image_scale_repetition'] as number[])[0] = 60_000; }, /integers from 1 to 1000/],
  ['steps without parameters', 'training/adamw', (c) => { c['parameters'] = 0; }, /parameters: expected an integer from 1/],
  ['something that is no list', 'training/loss', (c) => { c['packing'] = 7; }, /does not fit its kind|expected/],
])('%s is refused in words', async (_name, id, change, message) => {
  const started = performance.now();
  expect(await noteOf(id, change)).toMatch(message);
  expect(performance.now() - started).toBeLessThan(2000);
});
