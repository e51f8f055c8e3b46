/** A model directory that devices without speed run quickly: bench/sizes.ts has its shape, a seed its weights. */

import { cp, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SIZES } from '../../bench/sizes.ts';
import type { HostTensor } from '../../src/array/host.ts';
import { writeFileAtomic } from '../../src/io/atomic.ts';
import { safetensorsChunks } from '../../src/io/write-safetensors.ts';
import { shippedModel } from '../../src/model/default.ts';
import { initializeTokenizer, initializeTransformer } from '../../src/model/initialize.ts';
import { tokenizerShapes } from '../../src/tokenizer/shapes.ts';
import { transformerShapes } from '../../src/transformer/shapes.ts';

/** Of pictures of 16×16, in a new folder, which the caller removes. The text encoder is that of the default model. */
export async function writeTinyModel(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'infinitystar-tiny-'));
  const encoder = join(shippedModel('toy'), 'text_encoder');
  const { d_model } = JSON.parse(await readFile(join(encoder, 'config.json'), 'utf8')) as { d_model: number };
  const { tokenizer, quantizer, schedule, sampling, ...rest } = SIZES.tiny;
  const transformer = { ...rest.transformer, text_channels: d_model };
  const repeated = sampling.image_scale_repetition.slice(-1);
  const config = {
    ...rest, tokenizer, quantizer, transformer,
    schedule: { ...schedule, scales: schedule.scales!.slice(0, 1) },
    sampling: { ...sampling, image_scale_repetition: repeated, video_scale_repetition: repeated },
  };
  await writeFile(join(directory, 'config.json'), JSON.stringify(config));
  await cp(encoder, join(directory, 'text_encoder'), { recursive: true });
  const write = async (part: string, weights: ReadonlyMap<string, HostTensor>): Promise<void> => {
    const tensors = [...weights].map(([key, value]) => ({ key, shape: value.shape, dtype: 'F32' as const, values: () => value }));
    await writeFileAtomic(join(directory, `${part}.safetensors`), safetensorsChunks(tensors));
  };
  await write('tokenizer', initializeTokenizer(tokenizerShapes(tokenizer), 1));
  await write('transformer', initializeTransformer(transformerShapes(transformer, quantizer), 2));
  return directory;
}
