/**
 * Opens a model directory (directory.ts) on a backend. The text encoder is opened for every new prompt and
 * closed again, so that a large one does not stay in memory beside the transformer.
 */

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostTensor } from '../array/host.ts';
import type { Backend } from '../backend/backend.ts';
import { residentWeights } from '../backend/weights.ts';
import type { WeightStore } from '../backend/weights.ts';
import { ArgumentError, FileError } from '../errors.ts';
import { Fields } from '../io/fields.ts';
import { openSafetensorsPath } from '../io/sharded-safetensors.ts';
import type { Quantizer } from '../quantizer/vocabulary.ts';
import { checkTextEncoder, maxPromptTokens, promptFeatures, tokenizePrompt } from '../text/features.ts';
import { readT5Config } from '../text/t5-config.ts';
import { parseTokenizerJson } from '../text/unigram/tokenizer-json.ts';
import { makeTokenizer } from '../tokenizer/tokenizer.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import { makeTransformer } from '../transformer/transformer.ts';
import type { Transformer } from '../transformer/transformer.ts';
import { readModelConfig } from './directory.ts';
import type { ModelConfig } from './directory.ts';

export interface Model {
  readonly config: ModelConfig;
  readonly backend: Backend;
  readonly tokenizer: Tokenizer;
  readonly quantizer: Quantizer;
  readonly transformer: Transformer;
  /**
   * Features of a prompt's tokens, (L, text_channels).
   * @throws ArgumentError if the prompt is blank or has more tokens than the model takes.
   */
  encodePrompt(prompt: string): Promise<HostTensor>;
}

/**
 * @param directory of a model.
 * @throws FileError, ArgumentError or WeightError if a file is missing, damaged, or does not fit the configuration.
 */
export async function loadModel(directory: string, backend: Backend): Promise<Model> {
  const config = await readModelConfig(directory);
  const tokenizer = makeTokenizer(config.tokenizer, await loadWeights(backend, directory, 'tokenizer'));
  const transformerWeights = await loadWeights(backend, directory, 'transformer');
  const channels = config.tokenizer.latent_channels * 4;
  const { quantizer } = config;
  return {
    config,
    backend,
    tokenizer,
    quantizer: {
      config: quantizer,
      channels,
      ...(quantizer.use_learnable_dim_proj === 1
        ? { projections: (await tokenizer.weights.load(backend, '')).at('quantizer') }
        : {}),
    },
    transformer: makeTransformer(config.transformer, quantizer, transformerWeights),
    encodePrompt: (prompt) => encodePrompt(backend, join(directory, 'text_encoder'), prompt),
  };
}

/** `<part>.safetensors`, or its shards by their index. */
async function loadWeights(backend: Backend, directory: string, part: string): Promise<WeightStore> {
  const index = join(directory, `${part}.safetensors.index.json`);
  const file = await openSafetensorsPath(existsSync(index) ? index : join(directory, `${part}.safetensors`));
  try {
    const values = new Map<string, HostTensor>();
    for (const key of file.shapes.keys()) values.set(key, await file.tensor(key));
    return residentWeights(backend, values);
  } finally {
    await file.close();
  }
}

async function encodePrompt(backend: Backend, directory: string, prompt: string): Promise<HostTensor> {
  const tokenizerFile = join(directory, 'tokenizer.json');
  const tokenizer = parseTokenizerJson(await readText(tokenizerFile), tokenizerFile);
  // The official pipeline silently cuts a long prompt off; who wrote it wants to know.
  const { ids, truncated } = tokenizePrompt(tokenizer, prompt);
  if (truncated > 0) throw new ArgumentError('prompt', `at most ${maxPromptTokens} tokens`, ids.length + truncated);
  const configFile = join(directory, 'config.json');
  const config = readT5Config(new Fields(JSON.parse(await readText(configFile)), configFile));
  return backend.scope('text', async (b) => {
    const weights = await loadWeights(b, directory, 'model');
    checkTextEncoder(tokenizer, config, weights);
    return b.read(await promptFeatures(b, config, weights, ids));
  });
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    throw new FileError(file, 'no such file: the model has no text encoder there');
  }
}
