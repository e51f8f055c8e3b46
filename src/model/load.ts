/** Opens a model directory on disk (open.ts); the features of prompts may be kept on disk too. */

import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { HostTensor } from '../array/host.ts';
import type { Backend } from '../backend/backend.ts';
import { FeatureCache, hashFiles } from '../text/feature-cache.ts';
import { folderFiles } from './folder.ts';
import type { Model, OpenOptions, Precision } from './open.ts';
import { openModel } from './open.ts';

export type { Model } from './open.ts';

export interface LoadOptions {
  /** Bytes of weights to keep on the backend; 2 GiB unless given. */
  readonly weightBudget?: number;
  /** Where features of prompts are kept, for text encoders of more than 64 MiB; unless given not at all. */
  readonly promptCache?: string;
  /** As released: a prompt of more than 512 tokens loses its end, instead of being refused. */
  readonly cutPrompts?: boolean;
  /** Weights instead of those in the folder, which need not be there then. */
  readonly weights?: OpenOptions['weights'];
  /** `official`: bf16 where the released scripts compute in it. */
  readonly precision?: Precision;
  /** Without the transformer, whose weights need not be there then: for reconstructions. */
  readonly tokenizerOnly?: boolean;
  /** Ends the loading with its reason. */
  readonly signal?: AbortSignal;
}

/** A smaller encoder is read and run faster than its files are hashed. */
const SMALLEST_CACHED_ENCODER = 2 ** 26;

/**
 * @param directory of a model.
 * @throws FileError, ArgumentError or WeightError if a file is missing, damaged, or does not fit the configuration.
 */
export function loadModel(directory: string, backend: Backend, options: LoadOptions = {}): Promise<Model> {
  const { weightBudget, promptCache, cutPrompts, precision, tokenizerOnly, signal, weights } = options;
  return openModel(folderFiles(directory), backend, {
    ...(signal === undefined ? {} : { signal }),
    ...(weights === undefined ? {} : { weights }),
    ...(precision === undefined ? {} : { precision }),
    ...(cutPrompts === undefined ? {} : { cutPrompts }),
    ...(tokenizerOnly === undefined ? {} : { tokenizerOnly }),
    ...(weightBudget === undefined ? {} : { weightBudget }),
    ...(promptCache === undefined ? {} : { features: cachedFeatures(join(directory, 'text_encoder'), promptCache) }),
  });
}

function cachedFeatures(encoder: string, cache: string) {
  return async (prompt: string, compute: () => Promise<HostTensor>): Promise<HostTensor> => {
    const files = existsSync(encoder) ? encoderFiles(encoder) : [];
    const size = files.reduce((sum, file) => sum + statSync(file).size, 0);
    if (size < SMALLEST_CACHED_ENCODER) return compute();
    return new FeatureCache(cache, await hashFiles(files)).features(prompt, compute);
  };
}

/** Everything that features depend on besides the prompt. */
function encoderFiles(directory: string): string[] {
  const names = readdirSync(directory).filter((name) => /\.(json|safetensors|gguf|model)$/.test(name));
  return names.sort().map((name) => join(directory, name));
}
