/**
 * Writes the weights of the default model, drawn from a fixed seed, into fixtures/models/toy. They are committed;
 * run this only to make them anew: npx tsx scripts/make-untrained-model.ts
 */

import { join } from 'node:path';
import type { HostTensor } from '../src/array/host.ts';
import { writeFileAtomic } from '../src/io/atomic.ts';
import { Fields } from '../src/io/fields.ts';
import { readFile } from 'node:fs/promises';
import { safetensorsChunks } from '../src/io/write-safetensors.ts';
import { readModelConfig } from '../src/model/directory.ts';
import { initializeTextEncoder, initializeTokenizer, initializeTransformer } from '../src/model/initialize.ts';
import { readT5Config } from '../src/text/t5-config.ts';
import { t5Shapes } from '../src/text/t5-shapes.ts';
import { tokenizerShapes } from '../src/tokenizer/shapes.ts';
import { transformerShapes } from '../src/transformer/shapes.ts';

const directory = join(import.meta.dirname, '../fixtures/models/toy');
const config = await readModelConfig(directory);
const textFile = join(directory, 'text_encoder/config.json');
const textConfig = readT5Config(new Fields(JSON.parse(await readFile(textFile, 'utf8')), textFile));

await write('tokenizer', initializeTokenizer(tokenizerShapes(config.tokenizer), 1));
await write('transformer', initializeTransformer(transformerShapes(config.transformer, config.quantizer), 2));
await write('text_encoder/model', initializeTextEncoder(t5Shapes(textConfig), 3));

async function write(part: string, weights: ReadonlyMap<string, HostTensor>): Promise<void> {
  const tensors = [...weights].map(([key, value]) => ({ key, shape: value.shape, dtype: 'F16' as const, values: () => value }));
  await writeFileAtomic(join(directory, `${part}.safetensors`), safetensorsChunks(tensors));
}
