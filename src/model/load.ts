/**
 * Opens a model directory (directory.ts) on a backend, within a budget of memory: weights that do not fit are read
 * from their files whenever they are needed. The text encoder is opened for a prompt and closed again, so that a large
 * one does not stay in memory beside the transformer; the features of its prompts are kept on disk.
 */

import { existsSync, readdirSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sizeOf } from '../array/host.ts';
import type { HostTensor } from '../array/host.ts';
import type { Backend } from '../backend/backend.ts';
import type { WeightStore } from '../backend/weights.ts';
import { ArgumentError, FileError } from '../errors.ts';
import { Fields } from '../io/fields.ts';
import { openSafetensorsPath } from '../io/sharded-safetensors.ts';
import type { Quantizer } from '../quantizer/vocabulary.ts';
import { FeatureCache, hashFiles } from '../text/feature-cache.ts';
import { checkTextEncoder, maxPromptTokens, promptFeatures, tokenizePrompt } from '../text/features.ts';
import { readT5Config } from '../text/t5-config.ts';
import { parseTokenizerJson } from '../text/unigram/tokenizer-json.ts';
import { makeTokenizer } from '../tokenizer/tokenizer.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import { makeTransformer } from '../transformer/transformer.ts';
import type { Transformer } from '../transformer/transformer.ts';
import { readModelConfig } from './directory.ts';
import type { ModelConfig } from './directory.ts';
import { streamWeights } from './stream-weights.ts';

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
  /** Closes the files that weights are still read from. */
  close(): Promise<void>;
}

export interface LoadOptions {
  /** Bytes of weights to keep on the backend; 2 GiB unless given. */
  readonly weightBudget?: number;
  /** Where features of prompts are kept, for text encoders of more than 64 MiB; unless given not at all. */
  readonly promptCache?: string;
}

const DEFAULT_WEIGHT_BUDGET = 2 ** 31;

/** A smaller encoder is read and run faster than its files are hashed. */
const SMALLEST_CACHED_ENCODER = 2 ** 26;

/** On a backend weights are float32. */
const FLOAT_BYTES = 4;

/**
 * @param directory of a model.
 * @throws FileError, ArgumentError or WeightError if a file is missing, damaged, or does not fit the configuration.
 */
export async function loadModel(directory: string, backend: Backend, options: LoadOptions = {}): Promise<Model> {
  const config = await readModelConfig(directory);
  const budget = options.weightBudget ?? DEFAULT_WEIGHT_BUDGET;
  const tokenizerWeights = await loadWeights(backend, directory, 'tokenizer', budget);
  const left = Math.max(0, budget - tokenizerWeights.bytes);
  const transformerWeights = await loadWeights(backend, directory, 'transformer', left);
  const tokenizer = makeTokenizer(config.tokenizer, tokenizerWeights.store);
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
    transformer: makeTransformer(config.transformer, quantizer, transformerWeights.store),
    encodePrompt: (prompt) => encodePrompt(backend, join(directory, 'text_encoder'), prompt, options.promptCache),
    async close() {
      await tokenizerWeights.close();
      await transformerWeights.close();
    },
  };
}

interface LoadedWeights {
  readonly store: WeightStore;
  /** Of all weights, whether resident or not. */
  readonly bytes: number;
  close(): Promise<void>;
}

/** `<part>.safetensors`, or its shards by their index. The file stays open only if not all of it fits the budget. */
async function loadWeights(b: Backend, directory: string, part: string, budget: number): Promise<LoadedWeights> {
  const file = await openSafetensorsPath(weightsPath(directory, part));
  const bytes = FLOAT_BYTES * [...file.shapes.values()].reduce((sum, shape) => sum + sizeOf(shape), 0);
  try {
    const store = await streamWeights(b, file, budget);
    if (bytes > budget) return { store, bytes, close: () => file.close() };
    await file.close();
    return { store, bytes, close: () => Promise.resolve() };
  } catch (error) {
    await file.close();
    throw error;
  }
}

function weightsPath(directory: string, part: string): string {
  const index = join(directory, `${part}.safetensors.index.json`);
  return existsSync(index) ? index : join(directory, `${part}.safetensors`);
}

async function encodePrompt(b: Backend, directory: string, prompt: string, cache?: string): Promise<HostTensor> {
  const files = existsSync(directory) ? encoderFiles(directory) : [];
  const size = files.reduce((sum, file) => sum + statSync(file).size, 0);
  if (cache === undefined || size < SMALLEST_CACHED_ENCODER) return computeFeatures(b, directory, prompt);
  const features = new FeatureCache(cache, await hashFiles(files));
  return features.features(prompt, () => computeFeatures(b, directory, prompt));
}

/** Everything that features depend on besides the prompt. */
function encoderFiles(directory: string): string[] {
  const names = readdirSync(directory).filter((name) => /\.(json|safetensors)$/.test(name));
  return names.sort().map((name) => join(directory, name));
}

async function computeFeatures(backend: Backend, directory: string, prompt: string): Promise<HostTensor> {
  const tokenizerFile = join(directory, 'tokenizer.json');
  const tokenizer = parseTokenizerJson(await readText(tokenizerFile), tokenizerFile);
  // The official pipeline silently cuts a long prompt off; who wrote it wants to know.
  const { ids, truncated } = tokenizePrompt(tokenizer, prompt);
  if (truncated > 0) throw new ArgumentError('prompt', `at most ${maxPromptTokens} tokens`, ids.length + truncated);
  const configFile = join(directory, 'config.json');
  const config = readT5Config(new Fields(JSON.parse(await readText(configFile)), configFile));
  return backend.scope('text', async (b) => {
    const { store, close } = await loadWeights(b, directory, 'model', 0); // each weight is needed once
    try {
      checkTextEncoder(tokenizer, config, store);
      return await b.read(await promptFeatures(b, config, store, ids));
    } finally {
      await close();
    }
  });
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    throw new FileError(file, 'no such file: the model has no text encoder there');
  }
}
